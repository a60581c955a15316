// SQLite, as the system has it, and wrappers for what C can say and Swift cannot: variadic functions and the
// SQLITE_TRANSIENT cast. A null pointer stands for an empty Swift span; SQLite would bind NULL for it, and an empty
// text must stay a text: https://www.sqlite.org/c3ref/bind_blob.html
#pragma once
#include <sqlite3.h>

static inline int dosql_sqlite3_bind_text(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes ? (const char *)bytes : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int dosql_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}

static inline int dosql_sqlite3_prepare(
    sqlite3 *database, const void *sql, int count, unsigned int flags, sqlite3_stmt **statement, int *tail
) {
    const char *text = sql ? (const char *)sql : "";
    const char *rest = text;
    int code = sqlite3_prepare_v3(database, text, count, flags, statement, &rest);
    *tail = rest ? (int)(rest - text) : count;
    return code;
}

static inline int dosql_sqlite3_db_config(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}
