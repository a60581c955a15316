// SQLite's own allocator with a count a thread. It knows a heap limit for the process only, so that one statement which
// sorts everything would take the memory of all others: https://www.sqlite.org/malloc.html#memory_allocation_subsystem
//
// Installed before main, because SQLite takes it only before anybody has used it.
#include "CSQLiteHeap.h"
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>

static sqlite3_mem_methods base;

// Bytes that were taken less those that were given back, on this thread: others may give back what it took.
static _Thread_local long long used;
static _Thread_local long long most = LLONG_MAX;
static _Thread_local long long bound;
static _Thread_local int was_met;

static int refuses(long long more) {
    if (used + more <= most) return 0;
    was_met = 1;
    return 1;
}

static void *take(int count) {
    if (refuses(count)) return NULL;
    void *memory = base.xMalloc(count);
    if (memory) used += base.xSize(memory);
    return memory;
}

static void give_back(void *memory) {
    if (memory) used -= base.xSize(memory);
    base.xFree(memory);
}

static void *resize(void *memory, int count) {
    int before = base.xSize(memory);
    if (count > before && refuses(count - before)) return NULL;
    void *moved = base.xRealloc(memory, count);
    if (moved) used += base.xSize(moved) - before;
    return moved;
}

__attribute__((constructor)) static void install(void) {
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &base) != SQLITE_OK) abort();
    sqlite3_mem_methods counting = base;
    counting.xMalloc = take;
    counting.xFree = give_back;
    counting.xRealloc = resize;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK) abort();
}

void dosql_heap_bound(long long bytes) {
    most = bytes > LLONG_MAX - used ? LLONG_MAX : used + bytes;
    bound = bytes;
    was_met = 0;
}

void dosql_heap_unbound(void) { most = LLONG_MAX; }

long long dosql_heap_bound_bytes(void) { return bound; }

int dosql_heap_bound_was_met(void) { return was_met; }
