// Memory for SQLite, counted without a lock. https://www.sqlite.org/c3ref/mem_methods.html
#pragma once
#include <stdint.h>

/// Has SQLite use this memory: 0, or SQLite's error if it runs already.
int dosql_memory_install(void);
/// Bytes in use, but for what threads have not told yet.
int64_t dosql_memory_used(void);
/// Bytes beyond which there is no more; INT64_MAX for no bound.
int64_t dosql_memory_limit(void);
void dosql_memory_set_limit(int64_t bytes);
