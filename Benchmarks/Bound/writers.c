// Group commit: a writer thread takes everything that has piled up for a tenant while the last group was in fsync, runs each write in a savepoint of its own, and
// commits them at once. Nobody is answered before.
#include "bound.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

typedef struct WriterThread {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t hasWork;
    Write *first, **last;
} WriterThread;

static WriterThread *threads;
static int threadsCount, threadsGiven;
static pthread_mutex_t doneLock = PTHREAD_MUTEX_INITIALIZER;
static Write *doneFirst, **doneLast = &doneFirst;
static void (*wakeLoop)(void);

static void finish(Write *first, Write **last) {
    pthread_mutex_lock(&doneLock);
    bool wasEmpty = doneFirst == NULL;
    *doneLast = first;
    doneLast = last;
    pthread_mutex_unlock(&doneLock);
    if (wasEmpty) wakeLoop();
}

Write *writers_take(void) {
    pthread_mutex_lock(&doneLock);
    Write *first = doneFirst;
    doneFirst = NULL;
    doneLast = &doneFirst;
    pthread_mutex_unlock(&doneLock);
    return first;
}

static void carry_out(Database *database, Write *write) {
    sqlite3_stmt *statement = database_statement(database, write->statement);
    database_step(database->savepoint);
    database_bind(statement, write->parameters, write->parameters + write->parametersCount);
    int before = sqlite3_total_changes(database->connection);
    database_step(statement);
    write->changes = sqlite3_total_changes(database->connection) == before ? 0 : sqlite3_changes(database->connection);
    write->rowid = sqlite3_last_insert_rowid(database->connection);
    write->lsn = ++write->tenant->lsn;
    database_step(database->release);
}

/// Carries out the writes of the first one's tenant, and gives back those of others.
static Write *commit_group(Write *writes) {
    Tenant *tenant = writes->tenant;
    Database *database = &tenant->writer;
    if (!database->connection) database_open(database, tenant->path, true);
    Write *mine = NULL, **mineLast = &mine, *others = NULL, **othersLast = &others;
    database_step(database->beginWrite);
    for (Write *write = writes, *next; write; write = next) {
        next = write->next;
        write->next = NULL;
        if (write->tenant != tenant) {
            *othersLast = write;
            othersLast = &write->next;
            continue;
        }
        carry_out(database, write);
        *mineLast = write;
        mineLast = &write->next;
    }
    database_step(database->commit);
    finish(mine, mineLast);
    // Behind the answers, so that nobody waits for it but the next group.
    if (database->logFrames >= options.checkpointPages) {
        sqlite3_wal_checkpoint_v2(database->connection, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    return others;
}

static void *run(void *argument) {
    WriterThread *thread = argument;
    long expected = 0, previous = 0;
    for (;;) {
        pthread_mutex_lock(&thread->lock);
        while (!thread->first) pthread_cond_wait(&thread->hasWork, &thread->lock);
        if (options.lingerMicroseconds) {
            // While fewer have come than wrote in the last groups, the others are about to: their answers left a moment ago.
            uint64_t until = monotonic_nanoseconds() + (uint64_t)options.lingerMicroseconds * 1000;
            for (;;) {
                long count = 0;
                for (Write *write = thread->first; write; write = write->next) count++;
                uint64_t now = monotonic_nanoseconds();
                if (count >= expected || now >= until) break;
                struct timespec limit;
                clock_gettime(CLOCK_REALTIME, &limit);
                limit.tv_nsec += (long)(until - now);
                if (limit.tv_nsec >= 1000000000) limit.tv_sec++, limit.tv_nsec -= 1000000000;
                pthread_cond_timedwait(&thread->hasWork, &thread->lock, &limit);
            }
        }
        Write *writes = thread->first;
        thread->first = NULL;
        thread->last = &thread->first;
        pthread_mutex_unlock(&thread->lock);
        long count = 0;
        for (Write *write = writes; write; write = write->next) count++;
        expected = count > previous ? count : previous;
        previous = count;
        while (writes) writes = commit_group(writes);
    }
    return NULL;
}

void writers_start(int count, void (*wake)(void)) {
    wakeLoop = wake;
    threadsCount = count;
    threads = calloc((size_t)count, sizeof *threads);
    for (int index = 0; index < count; index++) {
        WriterThread *thread = &threads[index];
        pthread_mutex_init(&thread->lock, NULL);
        pthread_cond_init(&thread->hasWork, NULL);
        thread->last = &thread->first;
        pthread_create(&thread->thread, NULL, run, thread);
    }
}

void writers_submit(Write *write) {
    Tenant *tenant = write->tenant;
    if (!tenant->thread) tenant->thread = &threads[threadsGiven++ % threadsCount];
    WriterThread *thread = tenant->thread;
    write->next = NULL;
    pthread_mutex_lock(&thread->lock);
    bool wasEmpty = thread->first == NULL;
    *thread->last = write;
    thread->last = &write->next;
    pthread_mutex_unlock(&thread->lock);
    if (wasEmpty || options.lingerMicroseconds) pthread_cond_signal(&thread->hasWork);
}
