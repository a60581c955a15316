#include "bound.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Options options = {.folder = ".", .writerThreads = 8, .checkpointPages = 4000, .cacheKiB = 65536};

void loop_run(void);

_Noreturn void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("bound-server: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

uint64_t monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static const char usage[] =
    "bound-server: what C reaches with DoSQL's protocol, for comparison; it checks nothing, so give it nothing but the benchmarks of this repository\n"
    "  --data FOLDER            where tenants' files lie (default: here)\n"
    "  --port N                 on 127.0.0.1 (default: any free one, which it prints)\n"
    "  --writer-threads N       (default 8)\n"
    "  --checkpoint-pages N     frames in the log from which it is checkpointed, between two commits (default 4000)\n"
    "  --cache-kib N            page cache of each connection (default 65536)\n"
    "  --linger MICROSECONDS    how long a group waits for those who wrote in the last two (default 0)\n"
    "  --http                   HTTP/1.1: POST …/queryOne of the users table, anything else a constant\n"
    "  --echo                   sends back what it receives\n";

int main(int count, char **arguments) {
    for (int index = 1; index < count; index++) {
        const char *name = arguments[index];
        if (!strcmp(name, "--http") || !strcmp(name, "--echo")) {
            *(name[2] == 'h' ? &options.isHTTP : &options.isEcho) = true;
            continue;
        }
        const char *value = index + 1 < count ? arguments[++index] : NULL;
        if (value && !strcmp(name, "--data")) options.folder = value;
        else if (value && !strcmp(name, "--port")) options.port = atoi(value);
        else if (value && !strcmp(name, "--writer-threads")) options.writerThreads = atoi(value);
        else if (value && !strcmp(name, "--checkpoint-pages")) options.checkpointPages = atoi(value);
        else if (value && !strcmp(name, "--cache-kib")) options.cacheKiB = atoi(value);
        else if (value && !strcmp(name, "--linger")) options.lingerMicroseconds = atol(value);
        else {
            fputs(usage, stderr);
            return 2;
        }
    }
    loop_run();
}
