// One libuv loop: reads are carried out where they arrive, all answers of a turn go out at its end, writes go to their tenants' threads.
#include "bound.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { streamsMax = 8, numbersMax = 64, receiveSize = 1 << 16 };

struct Connection {
    uv_tcp_t socket;
    Buffer input, output;
    Tenant *tenants[streamsMax];
    int statements[numbersMax];
    Connection *nextDirty;
    bool isDirty, isClosed;
};

typedef struct {
    uv_write_t request;
    uint8_t bytes[];
} PendingWrite;

static uv_loop_t loop;
static uv_async_t doorbell;
static Tenant *tenants;
static Connection *dirty;

static Tenant *tenant_named(const uint8_t *name, size_t count) {
    for (Tenant *tenant = tenants; tenant; tenant = tenant->next) {
        if (strlen(tenant->name) == count && !memcmp(tenant->name, name, count)) return tenant;
    }
    Tenant *tenant = calloc(1, sizeof *tenant);
    if (count >= sizeof tenant->name) die("a tenant's name of %zu bytes", count);
    memcpy(tenant->name, name, count);
    snprintf(tenant->path, sizeof tenant->path, "%s/%s.sqlite", options.folder, tenant->name);
    // The first connection must be able to write, or unix-excl takes locks for ever.
    database_open(&tenant->writer, tenant->path, true);
    database_open(&tenant->reader, tenant->path, false);
    tenant->next = tenants;
    return tenants = tenant;
}

static void written(uv_write_t *request, int status) {
    (void)status;
    free(request);
}

static void flush(Connection *connection) {
    Buffer *output = &connection->output;
    if (connection->isClosed || !output->count) return;
    uv_buf_t buffer = uv_buf_init((char *)output->bytes, (unsigned)output->count);
    int taken = connection->socket.write_queue_size ? 0 : uv_try_write((uv_stream_t *)&connection->socket, &buffer, 1);
    if (taken < 0) taken = 0;
    size_t left = output->count - (size_t)taken;
    if (left) {
        PendingWrite *pending = malloc(sizeof *pending + left);
        memcpy(pending->bytes, output->bytes + taken, left);
        buffer = uv_buf_init((char *)pending->bytes, (unsigned)left);
        uv_write(&pending->request, (uv_stream_t *)&connection->socket, &buffer, 1, written);
    }
    output->count = 0;
}

static void make_dirty(Connection *connection) {
    if (connection->isDirty) return;
    connection->isDirty = true;
    connection->nextDirty = dirty;
    dirty = connection;
}

static void end_turn(uv_check_t *check) {
    (void)check;
    for (Tenant *tenant = tenants; tenant; tenant = tenant->next) {
        if (!tenant->reader.inRead) continue;
        database_step(tenant->reader.commit);
        tenant->reader.inRead = false;
    }
    while (dirty) {
        Connection *connection = dirty;
        dirty = connection->nextDirty;
        connection->isDirty = false;
        flush(connection);
    }
}

static void answer_read(Connection *connection, const Frame *frame) {
    Tenant *tenant = connection->tenants[frame->stream];
    const uint8_t *at = frame->body;
    int number = connection->statements[varint_read(&at)];
    if (!tenant->reader.inRead) {
        database_step(tenant->reader.begin);
        tenant->reader.inRead = true;
    }
    sqlite3_stmt *statement = database_statement(&tenant->reader, number);
    database_bind(statement, at, frame->body + frame->length);
    size_t began = frame_begin(&connection->output, resultType, frame->stream, frame->request);
    database_result(&tenant->reader, number, &connection->output, frame->type == queryOneType);
    outcome_append(&connection->output, 0, 0, 1);
    frame_end(&connection->output, began);
}

static void submit_write(Connection *connection, const Frame *frame) {
    const uint8_t *at = frame->body;
    int statement = connection->statements[varint_read(&at)];
    size_t count = (size_t)(frame->body + frame->length - at);
    Write *write = malloc(sizeof *write + count);
    write->connection = connection;
    write->tenant = connection->tenants[frame->stream];
    write->request = frame->request;
    write->stream = frame->stream;
    write->statement = statement;
    write->parametersCount = count;
    memcpy(write->parameters, at, count);
    writers_submit(write);
}

static void answer_writes(uv_async_t *async) {
    (void)async;
    for (Write *write = writers_take(), *next; write; write = next) {
        next = write->next;
        Connection *connection = write->connection;
        size_t began = frame_begin(&connection->output, doneType, write->stream, write->request);
        outcome_append(&connection->output, write->changes, write->rowid, write->lsn);
        frame_end(&connection->output, began);
        make_dirty(connection);
        free(write);
    }
}

static void answer_hello(Connection *connection, const Frame *frame) {
    Buffer *output = &connection->output;
    size_t began = frame_begin(output, helloOKType, 0, frame->request);
    uint8_t start[10] = {1};
    buffer_append(output, start, sizeof start);
    buffer_varint(output, 16 << 20);
    uint8_t serverID[16] = {0};
    buffer_append(output, serverID, sizeof serverID);
    buffer_varint(output, 5);
    buffer_append(output, "bound", 5);
    buffer_varint(output, 0);
    frame_end(output, began);
}

static void answer_ok(Connection *connection, const Frame *frame, uint8_t type) {
    size_t began = frame_begin(&connection->output, type, frame->stream, frame->request);
    outcome_append(&connection->output, 0, 0, 1);
    frame_end(&connection->output, began);
}

static void carry_out_script(Connection *connection, const Frame *frame) {
    const uint8_t *at = frame->body;
    size_t count = varint_read(&at);
    char *sql = strndup((const char *)at, count);
    sqlite3 *database = connection->tenants[frame->stream]->writer.connection;
    if (sqlite3_exec(database, sql, NULL, NULL, NULL)) die("%s", sqlite3_errmsg(database));
    if (sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL)) die("%s", sqlite3_errmsg(database));
    free(sql);
    answer_ok(connection, frame, doneType);
}

static void handle(Connection *connection, const Frame *frame) {
    const uint8_t *at = frame->body;
    switch (frame->type) {
    case queryType:
    case queryOneType: answer_read(connection, frame); break;
    case runType: submit_write(connection, frame); break;
    case helloType: answer_hello(connection, frame); break;
    case prepareType: {
        uint64_t number = varint_read(&at);
        size_t count = varint_read(&at);
        if (number >= numbersMax) die("statement number %llu", (unsigned long long)number);
        connection->statements[number] = statement_number((const char *)at, count);
        answer_ok(connection, frame, okType);
        break;
    }
    case openType: {
        size_t count = varint_read(&at);
        if (frame->stream >= streamsMax) die("stream %d", frame->stream);
        connection->tenants[frame->stream] = tenant_named(at, count);
        answer_ok(connection, frame, okType);
        break;
    }
    case scriptType: carry_out_script(connection, frame); break;
    default: die("a frame of type %d", frame->type);
    }
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    Connection *connection = handle->data;
    *buffer = uv_buf_init((char *)buffer_reserve(&connection->input, receiveSize), receiveSize);
}

// Not freed: answers may be on their way, and a measurement is short.
static void closed(uv_handle_t *handle) { (void)handle; }

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *unused) {
    (void)unused;
    Connection *connection = stream->data;
    if (count < 0) {
        if (!connection->isClosed) uv_close((uv_handle_t *)stream, closed);
        connection->isClosed = true;
        return;
    }
    Buffer *input = &connection->input;
    input->count += (size_t)count;
    size_t handled = 0;
    if (options.isEcho) {
        buffer_append(&connection->output, input->bytes, input->count);
        handled = input->count;
    } else if (options.isHTTP) {
        handled = http_handle(&tenant_named((const uint8_t *)"bench", 5)->reader, input->bytes, input->count, &connection->output);
    } else {
        if (input->count >= 4 && !memcmp(input->bytes, "DSQL", 4)) handled = 4;
        Frame frame;
        while (frame_read(input->bytes + handled, input->count - handled, &frame)) {
            handle(connection, &frame);
            handled += headerSize + frame.length;
        }
    }
    memmove(input->bytes, input->bytes + handled, input->count - handled);
    input->count -= handled;
    if (connection->output.count) make_dirty(connection);
}

static void accepted(uv_stream_t *listener, int status) {
    if (status) die("accept: %s", uv_strerror(status));
    Connection *connection = calloc(1, sizeof *connection);
    uv_tcp_init(&loop, &connection->socket);
    connection->socket.data = connection;
    if (uv_accept(listener, (uv_stream_t *)&connection->socket)) die("accept failed");
    uv_tcp_nodelay(&connection->socket, 1);
    uv_read_start((uv_stream_t *)&connection->socket, allocate, received);
}

static void ring(void) { uv_async_send(&doorbell); }

void loop_run(void) {
    static uv_tcp_t listener;
    static uv_check_t check;
    struct sockaddr_in address;
    uv_loop_init(&loop);
    uv_async_init(&loop, &doorbell, answer_writes);
    writers_start(options.writerThreads, ring);
    uv_check_init(&loop, &check);
    uv_check_start(&check, end_turn);
    uv_ip4_addr("127.0.0.1", options.port, &address);
    uv_tcp_init(&loop, &listener);
    uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0);
    int code = uv_listen((uv_stream_t *)&listener, 1024, accepted);
    if (code) die("listen: %s", uv_strerror(code));
    int size = sizeof address;
    uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &size);
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    uv_run(&loop, UV_RUN_DEFAULT);
}
