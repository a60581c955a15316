// A bound on the memory that SQLite takes on one thread: https://www.sqlite.org/malloc.html
#pragma once

/// From now on SQLite may hold at most so many bytes more on this thread than it does now; beyond it, its allocations
/// here fail, and a statement ends with SQLITE_NOMEM. What the thread gives back counts again, whoever took it.
void dosql_heap_bound(long long bytes);

/// No bound on this thread any more.
void dosql_heap_unbound(void);

/// The bytes that were given to dosql_heap_bound last.
long long dosql_heap_bound_bytes(void);

/// Whether an allocation has failed because of the bound since it was last set.
int dosql_heap_bound_was_met(void);
