#include "ForgetfulVFS.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE_VFS "unix-excl"

// MARK: What is not on the disk

// As large as a page of the kernel's cache, which is what a failed fsync loses; a disk writes a sector whole or not.
enum { BLOCK_SIZE = 4096, SECTOR_SIZE = 512, BUCKETS = 1024 };

typedef struct Block {
    struct Block *next;
    sqlite3_int64 number;
    // To be written by the next sync. A block that is not is what a failed sync gave up on.
    int isDirty;
    unsigned char bytes[BLOCK_SIZE];
} Block;

// A file as this process sees it. It outlives its handles, as the kernel's cache does, until the file is deleted.
typedef struct Memory {
    struct Memory *next;
    char *path;
    pthread_mutex_t mutex;
    sqlite3_int64 size;
    // Bytes of the real file from here on were truncated away and read as zeros.
    sqlite3_int64 realSize;
    Block *buckets[BUCKETS];
} Memory;

static pthread_mutex_t memoriesMutex = PTHREAD_MUTEX_INITIALIZER;
static Memory *memories;

typedef struct {
    sqlite3_file base;
    Memory *memory;
    // The system's number of the last failure that was made up; 0: none was.
    int lastError;
} ForgetfulFile;

static sqlite3_vfs *baseVFS(void) { return sqlite3_vfs_find(BASE_VFS); }

// The handle of the real file lies behind ours.
static sqlite3_file *realFile(sqlite3_file *file) { return (sqlite3_file *)((ForgetfulFile *)file + 1); }

static Memory *memoryOf(sqlite3_file *file) { return ((ForgetfulFile *)file)->memory; }

// A failure as `unix` has it: SQLite's code, and behind it the system's number for whoever asks.
static int fail(sqlite3_file *file, int code, int error) {
    ((ForgetfulFile *)file)->lastError = error;
    return code;
}

// Written once, before the VFS can be found.
static char switchFolder[1024];

static int isSwitchedOn(const char *name) {
    char path[sizeof switchFolder + 16];
    snprintf(path, sizeof path, "%s/%s", switchFolder, name);
    return access(path, F_OK) == 0;
}

// The number in a switch; -1 if it is off, 0 if there is no number in it. `identity` tells one switching on from the next.
static long long readSwitch(const char *name, uint64_t *identity) {
    char path[sizeof switchFolder + 16];
    snprintf(path, sizeof path, "%s/%s", switchFolder, name);
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    struct stat status;
    if (identity && fstat(fileno(file), &status) == 0) {
        *identity = (uint64_t)status.st_ino ^ (uint64_t)status.st_ctim.tv_nsec << 20 ^ (uint64_t)status.st_ctim.tv_sec << 50;
    }
    long long number;
    if (fscanf(file, "%lld", &number) != 1 || number < 0) number = 0;
    fclose(file);
    return number;
}

// SplitMix64, as the tests have it: the same draws for the same seed, as far as the threads come in the same order.
static _Atomic uint64_t drawn;

static uint64_t draw(void) {
    uint64_t mixed = drawn += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

// Whether a fault strikes now: always while it is on, or once in so many times as the number in its switch.
static int strikes(const char *name) {
    long long interval = readSwitch(name, NULL);
    return interval >= 0 && (interval <= 1 || draw() % (uint64_t)interval == 0);
}

// Takes bytes from what a full disk has left; gives how many it had.
static sqlite3_int64 takeRoom(sqlite3_int64 count) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t known;
    static long long left;
    pthread_mutex_lock(&mutex);
    uint64_t identity = 0;
    long long room = readSwitch("full", &identity);
    if (room >= 0) {
        if (identity != known) {
            known = identity;
            left = room;
        }
        if (count > left) count = left;
        left -= count;
    }
    pthread_mutex_unlock(&mutex);
    return count;
}


static Memory *findMemory(const char *path) {
    Memory *memory = memories;
    while (memory && strcmp(memory->path, path) != 0) memory = memory->next;
    return memory;
}

static void dropBlocks(Memory *memory, sqlite3_int64 fromNumber) {
    for (int index = 0; index < BUCKETS; index++) {
        Block **link = &memory->buckets[index];
        while (*link) {
            Block *block = *link;
            if (block->number >= fromNumber) {
                *link = block->next;
                free(block);
            } else {
                link = &block->next;
            }
        }
    }
}

static Block *findBlock(Memory *memory, sqlite3_int64 number) {
    Block *block = memory->buckets[number % BUCKETS];
    while (block && block->number != number) block = block->next;
    return block;
}

// Reads what the real file has; zeros where it has nothing.
static int readReal(sqlite3_file *file, unsigned char *bytes, int count, sqlite3_int64 offset) {
    Memory *memory = memoryOf(file);
    memset(bytes, 0, (size_t)count);
    if (offset >= memory->realSize) return SQLITE_OK;
    if (offset + count > memory->realSize) count = (int)(memory->realSize - offset);
    int code = realFile(file)->pMethods->xRead(realFile(file), bytes, count, offset);
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
}

// The block to write into, with what it holds by now.
static int makeBlock(sqlite3_file *file, sqlite3_int64 number, Block **made) {
    Memory *memory = memoryOf(file);
    Block *block = findBlock(memory, number);
    if (!block) {
        block = malloc(sizeof *block);
        if (!block) return SQLITE_IOERR_NOMEM;
        int code = readReal(file, block->bytes, BLOCK_SIZE, number * BLOCK_SIZE);
        if (code != SQLITE_OK) {
            free(block);
            return code;
        }
        block->number = number;
        block->next = memory->buckets[number % BUCKETS];
        memory->buckets[number % BUCKETS] = block;
    }
    block->isDirty = 1;
    *made = block;
    return SQLITE_OK;
}

// Brings the length and the dirty blocks to the real file, and forgets them.
static int flush(sqlite3_file *file) {
    Memory *memory = memoryOf(file);
    sqlite3_file *real = realFile(file);
    sqlite3_int64 length;
    int code = real->pMethods->xFileSize(real, &length);
    if (code == SQLITE_OK && length > memory->realSize) code = real->pMethods->xTruncate(real, memory->realSize);
    for (int index = 0; index < BUCKETS && code == SQLITE_OK; index++) {
        Block **link = &memory->buckets[index];
        while (*link && code == SQLITE_OK) {
            Block *block = *link;
            if (!block->isDirty) {
                link = &block->next;
                continue;
            }
            sqlite3_int64 offset = block->number * BLOCK_SIZE;
            int count = memory->size - offset < BLOCK_SIZE ? (int)(memory->size - offset) : BLOCK_SIZE;
            code = real->pMethods->xWrite(real, block->bytes, count, offset);
            if (code == SQLITE_OK) {
                *link = block->next;
                free(block);
            }
        }
    }
    if (code == SQLITE_OK) code = real->pMethods->xFileSize(real, &memory->realSize);
    return code;
}

// The system writes when it likes, and the power may fail while it does: some sectors of a block reach the real file, the
// others do not. The block stays dirty.
static int tear(sqlite3_file *file, Block *block) {
    sqlite3_file *real = realFile(file);
    uint64_t chosen = draw();
    int code = SQLITE_OK;
    for (int sector = 0; sector < BLOCK_SIZE / SECTOR_SIZE && code == SQLITE_OK; sector++) {
        sqlite3_int64 offset = block->number * BLOCK_SIZE + sector * SECTOR_SIZE;
        if (!(chosen >> sector & 1) || offset >= memoryOf(file)->size) continue;
        code = real->pMethods->xWrite(real, block->bytes + sector * SECTOR_SIZE, SECTOR_SIZE, offset);
    }
    return code;
}

// MARK: Methods of a file

static int fileClose(sqlite3_file *file) { return realFile(file)->pMethods->xClose(realFile(file)); }

static int fileRead(sqlite3_file *file, void *into, int count, sqlite3_int64 offset) {
    Memory *memory = memoryOf(file);
    unsigned char *bytes = into;
    int code = SQLITE_OK;
    pthread_mutex_lock(&memory->mutex);
    sqlite3_int64 available = memory->size > offset ? memory->size - offset : 0;
    int isShort = available < count;
    int rest = isShort ? (int)available : count;
    if (isShort) memset(bytes + rest, 0, (size_t)(count - rest));
    while (rest > 0 && code == SQLITE_OK) {
        int start = (int)(offset % BLOCK_SIZE);
        int part = BLOCK_SIZE - start < rest ? BLOCK_SIZE - start : rest;
        Block *block = findBlock(memory, offset / BLOCK_SIZE);
        if (block) {
            memcpy(bytes, block->bytes + start, (size_t)part);
        } else {
            code = readReal(file, bytes, part, offset);
        }
        bytes += part;
        offset += part;
        rest -= part;
    }
    pthread_mutex_unlock(&memory->mutex);
    return code == SQLITE_OK && isShort ? SQLITE_IOERR_SHORT_READ : code;
}

// How much of a write the disk takes; the code says why it is not all.
static int admit(sqlite3_file *file, int count, sqlite3_int64 offset, int *admitted) {
    Memory *memory = memoryOf(file);
    *admitted = 0;
    if (isSwitchedOn("read-only")) return fail(file, SQLITE_IOERR_WRITE, EROFS);
    *admitted = count;
    sqlite3_int64 growth = offset + count - memory->size;
    if (growth > 0) {
        if (isSwitchedOn("quota")) {
            *admitted = 0;
            return fail(file, SQLITE_IOERR_WRITE, EDQUOT);
        }
        sqlite3_int64 room = takeRoom(growth);
        if (room < growth) {
            // A write that ends where the disk ends is short before it is refused.
            *admitted = (int)(count - (growth - room) > 0 ? count - (growth - room) : 0);
            return SQLITE_FULL;
        }
    }
    if (strikes("short-write")) {
        *admitted = (int)(draw() % (uint64_t)count);
        return fail(file, SQLITE_IOERR_WRITE, EIO);
    }
    return SQLITE_OK;
}

static int fileWrite(sqlite3_file *file, const void *from, int count, sqlite3_int64 offset) {
    Memory *memory = memoryOf(file);
    const unsigned char *bytes = from;
    pthread_mutex_lock(&memory->mutex);
    int verdict = admit(file, count, offset, &count);
    int code = SQLITE_OK;
    int tears = strikes("torn");
    while (count > 0 && code == SQLITE_OK) {
        int start = (int)(offset % BLOCK_SIZE);
        int part = BLOCK_SIZE - start < count ? BLOCK_SIZE - start : count;
        Block *block;
        code = makeBlock(file, offset / BLOCK_SIZE, &block);
        if (code != SQLITE_OK) break;
        memcpy(block->bytes + start, bytes, (size_t)part);
        bytes += part;
        offset += part;
        count -= part;
        if (offset > memory->size) memory->size = offset;
        if (tears) code = tear(file, block);
    }
    pthread_mutex_unlock(&memory->mutex);
    return code == SQLITE_OK ? verdict : code;
}

static int fileTruncate(sqlite3_file *file, sqlite3_int64 size) {
    Memory *memory = memoryOf(file);
    if (isSwitchedOn("read-only")) return fail(file, SQLITE_IOERR_TRUNCATE, EROFS);
    pthread_mutex_lock(&memory->mutex);
    if (size < memory->size) {
        if (size < memory->realSize) memory->realSize = size;
        dropBlocks(memory, (size + BLOCK_SIZE - 1) / BLOCK_SIZE);
        Block *last = findBlock(memory, size / BLOCK_SIZE);
        if (last) memset(last->bytes + size % BLOCK_SIZE, 0, (size_t)(BLOCK_SIZE - size % BLOCK_SIZE));
    }
    memory->size = size;
    pthread_mutex_unlock(&memory->mutex);
    return SQLITE_OK;
}

static int isDirty(Memory *memory) {
    for (int index = 0; index < BUCKETS; index++) {
        for (Block *block = memory->buckets[index]; block; block = block->next) {
            if (block->isDirty) return 1;
        }
    }
    return 0;
}

static int fileSync(sqlite3_file *file, int flags) {
    Memory *memory = memoryOf(file);
    int code = SQLITE_OK;
    pthread_mutex_lock(&memory->mutex);
    int isReadOnly = isSwitchedOn("read-only");
    if (strikes("fail-sync") || (isReadOnly && isDirty(memory))) {
        for (int index = 0; index < BUCKETS; index++) {
            for (Block *block = memory->buckets[index]; block; block = block->next) block->isDirty = 0;
        }
        code = fail(file, SQLITE_IOERR_FSYNC, isReadOnly ? EROFS : EIO);
    } else if (!isReadOnly && !isSwitchedOn("skip-sync")) {
        code = flush(file);
        if (code == SQLITE_OK) code = realFile(file)->pMethods->xSync(realFile(file), flags);
    }
    pthread_mutex_unlock(&memory->mutex);
    return code;
}

static int fileSize(sqlite3_file *file, sqlite3_int64 *size) {
    Memory *memory = memoryOf(file);
    pthread_mutex_lock(&memory->mutex);
    *size = memory->size;
    pthread_mutex_unlock(&memory->mutex);
    return SQLITE_OK;
}

static int fileLock(sqlite3_file *file, int lock) { return realFile(file)->pMethods->xLock(realFile(file), lock); }

static int fileUnlock(sqlite3_file *file, int lock) { return realFile(file)->pMethods->xUnlock(realFile(file), lock); }

static int fileCheckReservedLock(sqlite3_file *file, int *isReserved) {
    return realFile(file)->pMethods->xCheckReservedLock(realFile(file), isReserved);
}

static int fileControl(sqlite3_file *file, int operation, void *argument) {
    switch (operation) {
    // These would grow or map the real file behind our back; all are hints.
    case SQLITE_FCNTL_SIZE_HINT:
    case SQLITE_FCNTL_CHUNK_SIZE:
    case SQLITE_FCNTL_MMAP_SIZE: return SQLITE_NOTFOUND;
    case SQLITE_FCNTL_LAST_ERRNO:
        if (!((ForgetfulFile *)file)->lastError) return realFile(file)->pMethods->xFileControl(realFile(file), operation, argument);
        *(int *)argument = ((ForgetfulFile *)file)->lastError;
        return SQLITE_OK;
    default: return realFile(file)->pMethods->xFileControl(realFile(file), operation, argument);
    }
}

static int fileSectorSize(sqlite3_file *file) { return realFile(file)->pMethods->xSectorSize(realFile(file)); }

static int fileDeviceCharacteristics(sqlite3_file *file) {
    return realFile(file)->pMethods->xDeviceCharacteristics(realFile(file));
}

static int fileShmMap(sqlite3_file *file, int region, int size, int extends, void volatile **memory) {
    return realFile(file)->pMethods->xShmMap(realFile(file), region, size, extends, memory);
}

static int fileShmLock(sqlite3_file *file, int offset, int count, int flags) {
    return realFile(file)->pMethods->xShmLock(realFile(file), offset, count, flags);
}

static void fileShmBarrier(sqlite3_file *file) { realFile(file)->pMethods->xShmBarrier(realFile(file)); }

static int fileShmUnmap(sqlite3_file *file, int deletes) {
    return realFile(file)->pMethods->xShmUnmap(realFile(file), deletes);
}

// Version 2: shared memory, but no mapping of the file itself, which would go past us.
static const sqlite3_io_methods fileMethods = {
    .iVersion = 2,
    .xClose = fileClose,
    .xRead = fileRead,
    .xWrite = fileWrite,
    .xTruncate = fileTruncate,
    .xSync = fileSync,
    .xFileSize = fileSize,
    .xLock = fileLock,
    .xUnlock = fileUnlock,
    .xCheckReservedLock = fileCheckReservedLock,
    .xFileControl = fileControl,
    .xSectorSize = fileSectorSize,
    .xDeviceCharacteristics = fileDeviceCharacteristics,
    .xShmMap = fileShmMap,
    .xShmLock = fileShmLock,
    .xShmBarrier = fileShmBarrier,
    .xShmUnmap = fileShmUnmap,
};

// MARK: Methods of the VFS

// Finds the memory of a file that was just opened, or begins one.
static int attachMemory(ForgetfulFile *file, const char *path) {
    int code = SQLITE_OK;
    pthread_mutex_lock(&memoriesMutex);
    Memory *memory = findMemory(path);
    if (!memory) {
        memory = calloc(1, sizeof *memory);
        if (memory) memory->path = strdup(path);
        if (!memory || !memory->path) {
            free(memory);
            memory = NULL;
            code = SQLITE_NOMEM;
        } else {
            pthread_mutex_init(&memory->mutex, NULL);
            sqlite3_file *real = realFile(&file->base);
            code = real->pMethods->xFileSize(real, &memory->realSize);
            memory->size = memory->realSize;
            memory->next = memories;
            memories = memory;
        }
    }
    pthread_mutex_unlock(&memoriesMutex);
    file->memory = memory;
    return code;
}

static int vfsOpen(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *outFlags) {
    (void)vfs;
    file->pMethods = NULL;
    ((ForgetfulFile *)file)->lastError = 0;
    // A file without a name is temporary, and SQLite keeps those in memory here: temp_store=MEMORY.
    if (!path) return SQLITE_CANTOPEN;
    sqlite3_file *real = realFile(file);
    if (isSwitchedOn("read-only")) {
        // As `unix` does it: what is there is opened for reading, and what is not cannot be made.
        if (access(path, F_OK) != 0) return SQLITE_CANTOPEN;
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    }
    int code = baseVFS()->xOpen(baseVFS(), path, real, flags, outFlags);
    if (code == SQLITE_OK) {
        code = attachMemory((ForgetfulFile *)file, path);
        if (code != SQLITE_OK) real->pMethods->xClose(real);
    }
    if (code == SQLITE_OK) file->pMethods = &fileMethods;
    return code;
}

// SQLite deletes what nobody has open any more, so the memory has no other user.
static int vfsDelete(sqlite3_vfs *vfs, const char *path, int syncsDirectory) {
    (void)vfs;
    if (isSwitchedOn("read-only")) return SQLITE_IOERR_DELETE;
    pthread_mutex_lock(&memoriesMutex);
    Memory *memory = findMemory(path);
    if (memory) {
        Memory **link = &memories;
        while (*link != memory) link = &(*link)->next;
        *link = memory->next;
    }
    pthread_mutex_unlock(&memoriesMutex);
    if (memory) {
        dropBlocks(memory, 0);
        pthread_mutex_destroy(&memory->mutex);
        free(memory->path);
        free(memory);
    }
    return baseVFS()->xDelete(baseVFS(), path, syncsDirectory);
}

// `unix` takes an empty file for none; one that is empty only on the disk is there.
static int vfsAccess(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    pthread_mutex_lock(&memoriesMutex);
    Memory *memory = flags == SQLITE_ACCESS_EXISTS ? findMemory(path) : NULL;
    int hasBytes = 0;
    if (memory) {
        pthread_mutex_lock(&memory->mutex);
        hasBytes = memory->size > 0;
        pthread_mutex_unlock(&memory->mutex);
    }
    pthread_mutex_unlock(&memoriesMutex);
    if (memory) {
        *result = hasBytes;
        return SQLITE_OK;
    }
    return baseVFS()->xAccess(baseVFS(), path, flags, result);
}

int forgetful_vfs_register(const char *switches, unsigned long long seed) {
    static sqlite3_vfs vfs;
    if (vfs.zName || strlen(switches) >= sizeof switchFolder) return SQLITE_MISUSE;
    int code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    if (!baseVFS()) return SQLITE_ERROR;
    strcpy(switchFolder, switches);
    drawn = seed;
    vfs = *baseVFS();
    vfs.zName = "forgetful";
    vfs.pNext = NULL;
    vfs.szOsFile += (int)sizeof(ForgetfulFile);
    vfs.xOpen = vfsOpen;
    vfs.xDelete = vfsDelete;
    vfs.xAccess = vfsAccess;
    return sqlite3_vfs_register(&vfs, 0);
}
