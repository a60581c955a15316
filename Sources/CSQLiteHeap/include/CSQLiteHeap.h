// The memory that SQLite takes, and its bounds for the process and for one thread: https://www.sqlite.org/malloc.html
#pragma once

/// Bytes that SQLite holds in this process, exact to within 64 KiB a thread.
long long dosql_heap_used(void);

/// Bytes that SQLite may hold in this process, beyond which its allocations fail; LLONG_MAX: as many as there are.
long long dosql_heap_limit(void);
void dosql_heap_set_limit(long long bytes);

/// From now on SQLite may hold at most so many bytes more on this thread than it does now; beyond it, its allocations
/// here fail, and a statement ends with SQLITE_NOMEM. What the thread gives back counts again, whoever took it.
void dosql_heap_bound(long long bytes);

/// No bound on this thread any more.
void dosql_heap_unbound(void);

/// The bytes that were given to dosql_heap_bound last.
long long dosql_heap_bound_bytes(void);

/// Whether an allocation has failed because of the bound since it was last set.
int dosql_heap_bound_was_met(void);
