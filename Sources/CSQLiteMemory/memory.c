// SQLite's own accounting takes a mutex for every piece of memory, a dozen times for a point read. Here a thread counts for itself and tells the others what it
// has taken or given back whenever that comes to 64 KiB.
#include "dosql_memory.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#define usable_size malloc_size
#else
#include <malloc.h>
#define usable_size malloc_usable_size
#endif

enum { untoldMax = 64 << 10 };

static _Atomic int64_t told;
static _Atomic int64_t limit = INT64_MAX;
static _Thread_local int64_t untold;

static inline void count(int64_t bytes) {
    untold += bytes;
    if (untold > untoldMax || untold < -untoldMax) {
        atomic_fetch_add_explicit(&told, untold, memory_order_relaxed);
        untold = 0;
    }
}

static inline int is_beyond(int64_t bytes) {
    return atomic_load_explicit(&told, memory_order_relaxed) + untold + bytes > atomic_load_explicit(&limit, memory_order_relaxed);
}

static void *take(int bytes) {
    if (is_beyond(bytes)) return NULL;
    void *memory = malloc((size_t)bytes);
    if (memory) count((int64_t)usable_size(memory));
    return memory;
}

static void give_back(void *memory) {
    count(-(int64_t)usable_size(memory));
    free(memory);
}

static void *resize(void *memory, int bytes) {
    int64_t before = (int64_t)usable_size(memory);
    if (bytes > before && is_beyond(bytes - before)) return NULL;
    void *moved = realloc(memory, (size_t)bytes);
    if (moved) count((int64_t)usable_size(moved) - before);
    return moved;
}

static int size(void *memory) { return (int)usable_size(memory); }
static int round_up(int bytes) { return (bytes + 7) & ~7; }
static int begin(void *unused) {
    (void)unused;
    return SQLITE_OK;
}
static void end(void *unused) { (void)unused; }

int dosql_memory_install(void) {
    static const sqlite3_mem_methods methods = {take, give_back, resize, size, round_up, begin, end, NULL};
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return code;
}

int64_t dosql_memory_used(void) { return atomic_load_explicit(&told, memory_order_relaxed); }
int64_t dosql_memory_limit(void) { return atomic_load_explicit(&limit, memory_order_relaxed); }
void dosql_memory_set_limit(int64_t bytes) { atomic_store_explicit(&limit, bytes, memory_order_relaxed); }
