// The bound: what C reaches with the same protocol, the same statements, the same libraries, and nothing else. No limits, no checks of what a client may do,
// no errors but the end of the process. DoSQL's own server is measured against it, by the same load generator.
#ifndef BOUND_H
#define BOUND_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Ends the process with a message: whatever goes wrong in a bound makes its figures worthless.
_Noreturn void die(const char *format, ...);

// Bytes that grow.
typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
} Buffer;

uint8_t *buffer_reserve(Buffer *buffer, size_t count);
void buffer_append(Buffer *buffer, const void *bytes, size_t count);
void buffer_varint(Buffer *buffer, uint64_t value);

// A tenant's file as one thread sees it: a connection and the statements it has prepared, by the number of their text.
enum { statementsMax = 64 };
typedef struct {
    sqlite3 *connection;
    sqlite3_stmt *statements[statementsMax];
    /// Their columns as a RESULT begins with them.
    Buffer columns[statementsMax];
    sqlite3_stmt *begin, *beginWrite, *commit, *savepoint, *release;
    /// Frames in the log, as the last commit left them.
    int logFrames;
    bool inRead;
} Database;

void database_open(Database *database, const char *path, bool isWriter);
void database_step(sqlite3_stmt *statement);

// The texts that clients have prepared, for all connections: a number each.
int statement_number(const char *text, size_t count);
sqlite3_stmt *database_statement(Database *database, int number);
void database_bind(sqlite3_stmt *statement, const uint8_t *parameters, const uint8_t *end);
/// Columns and rows as a RESULT has them; QUERY_ONE stops behind the first row.
void database_result(Database *database, int number, Buffer *output, bool isOne);

// Frames of protocol/framing.md.
enum { headerSize = 12 };
enum { helloType = 0x01, prepareType = 0x06, openType = 0x10, queryType = 0x14, queryOneType = 0x15, runType = 0x16, scriptType = 0x18 };
enum { helloOKType = 0x40, okType = 0x50, resultType = 0x51, doneType = 0x54 };
typedef struct {
    uint32_t length;
    uint8_t type, flags;
    uint16_t stream;
    uint32_t request;
    const uint8_t *body;
} Frame;

/// The frame at `bytes`, if it is whole.
bool frame_read(const uint8_t *bytes, size_t count, Frame *frame);
/// Begins an answer; `frame_end` fills in its length.
size_t frame_begin(Buffer *output, uint8_t type, uint16_t stream, uint32_t request);
void frame_end(Buffer *output, size_t began);
uint64_t varint_read(const uint8_t **at);
/// The outcome of an answer: what changed, and at which number of the log.
void outcome_append(Buffer *output, int64_t changes, int64_t rowid, uint64_t lsn);

typedef struct Tenant Tenant;
typedef struct Connection Connection;

// A write on its way to its tenant's turn, and back as an answer.
typedef struct Write {
    struct Write *next;
    Connection *connection;
    Tenant *tenant;
    uint32_t request;
    uint16_t stream;
    int statement;
    size_t parametersCount;
    int64_t changes, rowid;
    uint64_t lsn;
    uint8_t parameters[];
} Write;

struct Tenant {
    Tenant *next;
    char name[129];
    char path[512];
    Database reader, writer;
    uint64_t lsn;
    struct WriterThread *thread;
};

// Writer threads: each takes all the writes that have piled up for one of its tenants, and commits them as a group.
void writers_start(int count, void (*wake)(void));
void writers_submit(Write *write);
/// The writes that are durable, in no order but their tenants'.
Write *writers_take(void);

// HTTP/1.1, just enough for GET /users/ID and GET /constant: gives back how many bytes were requests.
size_t http_handle(Database *database, const uint8_t *bytes, size_t count, Buffer *output);

typedef struct {
    const char *folder;
    int port, writerThreads, checkpointPages, cacheKiB;
    long lingerMicroseconds;
    bool isHTTP, isEcho;
} Options;
extern Options options;

uint64_t monotonic_nanoseconds(void);

#endif
