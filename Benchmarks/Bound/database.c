// SQLite, as the server uses it: no lock calls, statements kept, columns copied from SQLite's pointers into the answer.
#include "bound.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void execute(sqlite3 *connection, const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(connection, sql, NULL, NULL, &message)) die("%s: %s", sql, message);
}

static sqlite3_stmt *prepared(sqlite3 *connection, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)) {
        die("%s: %s", sql, sqlite3_errmsg(connection));
    }
    return statement;
}

static int committed(void *database, sqlite3 *connection, const char *name, int frames) {
    ((Database *)database)->logFrames = frames;
    return SQLITE_OK;
}

void database_open(Database *database, const char *path, bool isWriter) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database->connection, flags, "unix-excl")) die("%s: %s", path, sqlite3_errmsg(database->connection));
    sqlite3 *connection = database->connection;
    char settings[512];
    snprintf(settings, sizeof settings,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=off; PRAGMA foreign_keys=on;"
        "PRAGMA cache_size=-%d; PRAGMA query_only=%d;",
        options.cacheKiB, !isWriter);
    execute(connection, settings);
    sqlite3_wal_hook(connection, committed, database);
    database->begin = prepared(connection, "BEGIN");
    database->beginWrite = prepared(connection, "BEGIN IMMEDIATE");
    database->commit = prepared(connection, "COMMIT");
    database->savepoint = prepared(connection, "SAVEPOINT s");
    database->release = prepared(connection, "RELEASE s");
}

void database_step(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW) die("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(sqlite3_db_handle(statement)));
    sqlite3_reset(statement);
}

// Texts are few and for ever. Written by the loop; a number reaches a writer thread through its queue's lock.
static char *texts[statementsMax];
static int textsCount;

int statement_number(const char *text, size_t count) {
    for (int number = 0; number < textsCount; number++) {
        if (strlen(texts[number]) == count && !memcmp(texts[number], text, count)) return number;
    }
    if (textsCount == statementsMax) die("more than %d statements", statementsMax);
    texts[textsCount] = strndup(text, count);
    return textsCount++;
}

sqlite3_stmt *database_statement(Database *database, int number) {
    if (!database->statements[number]) database->statements[number] = prepared(database->connection, texts[number]);
    return database->statements[number];
}

static const uint8_t *bind_value(sqlite3_stmt *statement, int index, const uint8_t *at) {
    uint8_t tag = *at++;
    if (tag == 0x00) {
        sqlite3_bind_null(statement, index);
    } else if (tag <= 0x08) {
        int64_t value = (int8_t)at[tag - 1] < 0 ? -1 : 0;
        memcpy(&value, at, tag);
        sqlite3_bind_int64(statement, index, value);
        at += tag;
    } else if (tag == 0x09) {
        double value;
        memcpy(&value, at, 8);
        sqlite3_bind_double(statement, index, value);
        at += 8;
    } else if (tag == 0x0A || tag == 0x0B || tag >= 0x80) {
        size_t count = tag >= 0xC0 ? (size_t)(tag - 0xC0) : tag >= 0x80 ? (size_t)(tag - 0x80) : varint_read(&at);
        bool isText = tag == 0x0A || (tag >= 0x80 && tag < 0xC0);
        if (isText) sqlite3_bind_text(statement, index, (const char *)at, (int)count, SQLITE_STATIC);
        else sqlite3_bind_blob(statement, index, at, (int)count, SQLITE_STATIC);
        at += count;
    } else if (tag >= 0x40 && tag < 0x80) {
        sqlite3_bind_int64(statement, index, tag - 0x40);
    } else {
        die("a parameter of tag %d", tag);
    }
    return at;
}

void database_bind(sqlite3_stmt *statement, const uint8_t *at, const uint8_t *end) {
    if (at == end) return;
    if (*at++ != 0) die("parameters are given by position");
    int count = (int)varint_read(&at);
    for (int index = 1; index <= count; index++) at = bind_value(statement, index, at);
}

static void append_integer(Buffer *output, int64_t value) {
    uint8_t *at = buffer_reserve(output, 9);
    if (value >= 0 && value < 64) {
        *at = (uint8_t)(0x40 + value);
        output->count += 1;
        return;
    }
    int size = 1;
    while (size < 8 && (value >> (8 * size - 1)) != 0 && (value >> (8 * size - 1)) != -1) size++;
    at[0] = (uint8_t)size;
    memcpy(at + 1, &value, 8);
    output->count += (size_t)size + 1;
}

static void append_bytes(Buffer *output, uint8_t shortTag, uint8_t longTag, const void *bytes, size_t count) {
    uint8_t *at = buffer_reserve(output, count + 11);
    if (count < 64) {
        *at = (uint8_t)(shortTag + count);
        output->count += 1;
    } else {
        *at = longTag;
        output->count += 1;
        buffer_varint(output, count);
    }
    memcpy(output->bytes + output->count, bytes, count);
    output->count += count;
}

static void append_columns(Buffer *output, sqlite3_stmt *statement) {
    int columns = sqlite3_column_count(statement);
    buffer_varint(output, (uint64_t)columns);
    for (int column = 0; column < columns; column++) {
        const char *name = sqlite3_column_name(statement, column);
        size_t count = strlen(name);
        buffer_varint(output, count);
        buffer_append(output, name, count);
    }
}

void database_result(Database *database, int number, Buffer *output, bool isOne) {
    sqlite3_stmt *statement = database_statement(database, number);
    int columns = sqlite3_column_count(statement);
    Buffer *header = &database->columns[number];
    if (!header->count) append_columns(header, statement);
    buffer_append(output, header->bytes, header->count);
    size_t countAt = output->count;
    uint32_t rows = 0;
    buffer_append(output, &rows, 4);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int column = 0; column < columns; column++) {
            switch (sqlite3_column_type(statement, column)) {
            case SQLITE_INTEGER: append_integer(output, sqlite3_column_int64(statement, column)); break;
            case SQLITE_FLOAT: {
                double value = sqlite3_column_double(statement, column);
                uint8_t tag = 0x09;
                buffer_append(output, &tag, 1);
                buffer_append(output, &value, 8);
                break;
            }
            case SQLITE_TEXT: {
                const unsigned char *text = sqlite3_column_text(statement, column);
                append_bytes(output, 0x80, 0x0A, text, (size_t)sqlite3_column_bytes(statement, column));
                break;
            }
            case SQLITE_BLOB: {
                const void *bytes = sqlite3_column_blob(statement, column);
                append_bytes(output, 0xC0, 0x0B, bytes, (size_t)sqlite3_column_bytes(statement, column));
                break;
            }
            default: {
                uint8_t tag = 0;
                buffer_append(output, &tag, 1);
            }
            }
        }
        rows++;
        if (isOne) break;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW) die("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(sqlite3_db_handle(statement)));
    sqlite3_reset(statement);
    memcpy(output->bytes + countAt, &rows, 4);
}
