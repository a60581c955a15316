// One row as JSON over HTTP/1.1, and the same bytes as a constant: what is between the two is the database.
#include "bound.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char pointRead[] = "SELECT id, name, email, role FROM users WHERE id = ?";
static const char constant[] = "{\"row\":{\"id\":1,\"name\":\"User Name 1\",\"email\":\"user1@example.com\",\"role\":\"user\"},\"lsn\":1}";

static void append_string(Buffer *output, const unsigned char *text, size_t count) {
    uint8_t *at = buffer_reserve(output, 6 * count + 2);
    *at++ = '"';
    for (size_t index = 0; index < count; index++) {
        unsigned char byte = text[index];
        if (byte == '"' || byte == '\\') {
            *at++ = '\\';
            *at++ = byte;
        } else if (byte < 0x20) {
            at += sprintf((char *)at, "\\u%04x", byte);
        } else {
            *at++ = byte;
        }
    }
    *at++ = '"';
    output->count = (size_t)(at - output->bytes);
}

static void append_row(Database *database, int64_t id, Buffer *output) {
    sqlite3_stmt *statement = database_statement(database, statement_number(pointRead, sizeof pointRead - 1));
    sqlite3_bind_int64(statement, 1, id);
    if (sqlite3_step(statement) != SQLITE_ROW) die("there is no user %lld", (long long)id);
    buffer_append(output, "{\"row\":{", 8);
    for (int column = 0; column < sqlite3_column_count(statement); column++) {
        const char *name = sqlite3_column_name(statement, column);
        if (column) buffer_append(output, ",", 1);
        append_string(output, (const unsigned char *)name, strlen(name));
        buffer_append(output, ":", 1);
        if (sqlite3_column_type(statement, column) == SQLITE_INTEGER) {
            uint8_t *at = buffer_reserve(output, 21);
            output->count += (size_t)sprintf((char *)at, "%lld", (long long)sqlite3_column_int64(statement, column));
        } else {
            const unsigned char *text = sqlite3_column_text(statement, column);
            append_string(output, text, (size_t)sqlite3_column_bytes(statement, column));
        }
    }
    buffer_append(output, "},\"lsn\":1}", 10);
    sqlite3_reset(statement);
}

/// The length of the body that `head` announces.
static size_t content_length(const char *head, const char *end) {
    static const char name[] = "content-length:";
    for (const char *at = head; at < end; at = memchr(at, '\n', (size_t)(end - at)) + 1) {
        if ((size_t)(end - at) > sizeof name && !strncasecmp(at, name, sizeof name - 1)) return strtoul(at + sizeof name - 1, NULL, 10);
    }
    return 0;
}

size_t http_handle(Database *database, const uint8_t *bytes, size_t count, Buffer *output) {
    static Buffer body;
    size_t handled = 0;
    for (;;) {
        const char *head = (const char *)bytes + handled;
        const char *end = memmem(head, count - handled, "\r\n\r\n", 4);
        if (!end) return handled;
        size_t length = content_length(head, end + 2);
        const char *content = end + 4;
        if ((size_t)((const char *)bytes + count - content) < length) return handled;
        body.count = 0;
        if (!strncmp(head, "POST /queryOne", 14) || strstr(head, "/queryOne ")) {
            // {"sql":"…","params":[ID]}: the bound reads the parameter and takes the statement for known.
            const char *parameter = memmem(content, length, "\"params\":[", 10);
            if (!parameter) die("a request without parameters");
            append_row(database, strtoll(parameter + 10, NULL, 10), &body);
        } else {
            buffer_append(&body, constant, sizeof constant - 1);
        }
        uint8_t *at = buffer_reserve(output, 128);
        output->count += (size_t)sprintf(
            (char *)at, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", body.count);
        buffer_append(output, body.bytes, body.count);
        handled = (size_t)(content + length - (const char *)bytes);
    }
}
