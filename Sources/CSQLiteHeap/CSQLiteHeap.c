// SQLite's allocator with a count a thread, for two reasons. SQLite knows a limit for the process only, so that one statement which sorts everything would take the
// memory of all others. And its own accounting takes a lock for every piece of memory, a dozen times for a point read: here a thread counts for itself, and tells the
// others what it has taken or given back whenever that comes to 64 KiB. https://www.sqlite.org/malloc.html#memory_allocation_subsystem
//
// Installed before main, because SQLite takes it only before anybody has used it.
#include "CSQLiteHeap.h"
#include <limits.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

static sqlite3_mem_methods base;

// Of the process: what its threads have told, and how much there may be.
enum { untoldMax = 64 << 10 };
static _Atomic long long told;
static _Atomic long long limit = LLONG_MAX;
static _Thread_local long long untold;

// Bytes that were taken less those that were given back, on this thread: others may give back what it took.
static _Thread_local long long used;
static _Thread_local long long most = LLONG_MAX;
static _Thread_local long long bound;
static _Thread_local int was_met;

static void count(long long bytes) {
    used += bytes;
    untold += bytes;
    if (untold > untoldMax || untold < -untoldMax) {
        atomic_fetch_add_explicit(&told, untold, memory_order_relaxed);
        untold = 0;
    }
}

static int refuses(long long more) {
    if (used + more > most) {
        was_met = 1;
        return 1;
    }
    return atomic_load_explicit(&told, memory_order_relaxed) + untold + more > atomic_load_explicit(&limit, memory_order_relaxed);
}

static void *take(int bytes) {
    if (refuses(bytes)) return NULL;
    void *memory = base.xMalloc(bytes);
    if (memory) count(base.xSize(memory));
    return memory;
}

static void give_back(void *memory) {
    if (memory) count(-base.xSize(memory));
    base.xFree(memory);
}

static void *resize(void *memory, int bytes) {
    int before = base.xSize(memory);
    if (bytes > before && refuses(bytes - before)) return NULL;
    void *moved = base.xRealloc(memory, bytes);
    if (moved) count(base.xSize(moved) - before);
    return moved;
}

__attribute__((constructor)) static void install(void) {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &base) != SQLITE_OK) abort();
    sqlite3_mem_methods counting = base;
    counting.xMalloc = take;
    counting.xFree = give_back;
    counting.xRealloc = resize;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK) abort();
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK) abort();
}

long long dosql_heap_used(void) { return atomic_load_explicit(&told, memory_order_relaxed) + untold; }

long long dosql_heap_limit(void) { return atomic_load_explicit(&limit, memory_order_relaxed); }

void dosql_heap_set_limit(long long bytes) { atomic_store_explicit(&limit, bytes, memory_order_relaxed); }

void dosql_heap_bound(long long bytes) {
    most = bytes > LLONG_MAX - used ? LLONG_MAX : used + bytes;
    bound = bytes;
    was_met = 0;
}

void dosql_heap_unbound(void) { most = LLONG_MAX; }

long long dosql_heap_bound_bytes(void) { return bound; }

int dosql_heap_bound_was_met(void) { return was_met; }
