// SQLite's allocator with a count a thread, for three reasons. SQLite knows a limit for the process only, so that one statement which sorts everything would take the
// memory of all others. Its own accounting takes a lock for every piece of memory, a dozen times for a point read: here a thread counts for itself, and tells the
// others what it has taken or given back whenever that comes to 64 KiB. And a point read takes and gives back the same few small pieces each time: a thread keeps some
// of them. (SQLite's own way of doing so, lookaside, is left out of Debian's library.) https://www.sqlite.org/malloc.html#memory_allocation_subsystem
//
// Installed before main, because SQLite takes it only before anybody has used it.
#include "CSQLiteHeap.h"
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

static sqlite3_mem_methods base;

// Of the process: what its threads have told, and how much there may be.
enum { untoldMax = 64 << 10 };
static _Atomic long long told;
static _Atomic long long limit = LLONG_MAX;

// Pieces of up to so many bytes are kept, by their size in steps of 16, at most so many bytes a thread. They count as given back.
enum { keptPieceMax = 512, keptClasses = keptPieceMax / 16 + 1, keptMax = 32 << 10 };

typedef struct Piece {
    struct Piece *next;
    long long size;
} Piece;

typedef struct {
    // Bytes that were taken less those that were given back, on this thread: others may give back what it took.
    long long used, untold;
    long long most, bound;
    int was_met, is_known;
    long long kept;
    Piece *pieces[keptClasses];
} Thread;

static _Thread_local Thread mine = {.most = LLONG_MAX};
static pthread_key_t at_end;

static void count(Thread *thread, long long bytes) {
    thread->used += bytes;
    thread->untold += bytes;
    if (thread->untold > untoldMax || thread->untold < -untoldMax) {
        atomic_fetch_add_explicit(&told, thread->untold, memory_order_relaxed);
        thread->untold = 0;
    }
}

static int refuses(Thread *thread, long long more) {
    if (thread->used + more > thread->most) {
        thread->was_met = 1;
        return 1;
    }
    return atomic_load_explicit(&told, memory_order_relaxed) + thread->untold + more > atomic_load_explicit(&limit, memory_order_relaxed);
}

// What a thread keeps ends with it.
static void let_go(void *value) {
    Thread *thread = value;
    for (int class = 0; class < keptClasses; class++) {
        for (Piece *piece = thread->pieces[class], *next; piece; piece = next) {
            next = piece->next;
            base.xFree(piece);
        }
        thread->pieces[class] = NULL;
    }
    thread->kept = 0;
    // It may free again in a later destructor, and is asked again then.
    thread->is_known = 0;
}

static void *take(int bytes) {
    Thread *thread = &mine;
    if (refuses(thread, bytes)) return NULL;
    if (bytes <= keptPieceMax) {
        // A piece of this class has room for as many bytes as the class says, or eight more.
        int class = (bytes + 15) / 16;
        Piece *piece = thread->pieces[class];
        if (piece) {
            thread->pieces[class] = piece->next;
            thread->kept -= piece->size;
            count(thread, piece->size);
            return piece;
        }
        bytes = class * 16;
    }
    void *memory = base.xMalloc(bytes);
    if (memory) count(thread, base.xSize(memory));
    return memory;
}

static void give_back(void *memory) {
    if (!memory) return;
    Thread *thread = &mine;
    long long size = base.xSize(memory);
    count(thread, -size);
    long long class = size / 16;
    if (class == 0 || class >= keptClasses || thread->kept + size > keptMax) return base.xFree(memory);
    if (!thread->is_known) {
        if (pthread_setspecific(at_end, thread)) return base.xFree(memory);
        thread->is_known = 1;
    }
    Piece *piece = memory;
    piece->size = size;
    piece->next = thread->pieces[class];
    thread->pieces[class] = piece;
    thread->kept += size;
}

static void *resize(void *memory, int bytes) {
    Thread *thread = &mine;
    int before = base.xSize(memory);
    if (bytes > before && refuses(thread, bytes - before)) return NULL;
    void *moved = base.xRealloc(memory, bytes);
    if (moved) count(thread, base.xSize(moved) - before);
    return moved;
}

__attribute__((constructor)) static void install(void) {
    if (pthread_key_create(&at_end, let_go)) abort();
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &base) != SQLITE_OK) abort();
    sqlite3_mem_methods counting = base;
    counting.xMalloc = take;
    counting.xFree = give_back;
    counting.xRealloc = resize;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK) abort();
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK) abort();
    // Each connection would take 20 pages at its first read, 88 KB, and most tenants have fewer: https://www.sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigpagecache
    if (sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0) != SQLITE_OK) abort();
    // A connection is used by one thread at a time. So values of columns are protected as they are: https://www.sqlite.org/c3ref/value.html
    if (sqlite3_config(SQLITE_CONFIG_MULTITHREAD) != SQLITE_OK) abort();
}

long long dosql_heap_used(void) { return atomic_load_explicit(&told, memory_order_relaxed) + mine.untold; }

long long dosql_heap_limit(void) { return atomic_load_explicit(&limit, memory_order_relaxed); }

void dosql_heap_set_limit(long long bytes) { atomic_store_explicit(&limit, bytes, memory_order_relaxed); }

void dosql_heap_bound(long long bytes) {
    mine.most = bytes > LLONG_MAX - mine.used ? LLONG_MAX : mine.used + bytes;
    mine.bound = bytes;
    mine.was_met = 0;
}

void dosql_heap_unbound(void) { mine.most = LLONG_MAX; }

long long dosql_heap_bound_bytes(void) { return mine.bound; }

int dosql_heap_bound_was_met(void) { return mine.was_met; }
