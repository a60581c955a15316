#pragma once

// A VFS for SQLite that behaves as a machine whose power may fail: what was written reaches the file only when it is
// synced. Until then it lives in this process's memory, where every connection of the process sees it, and `kill -9`
// takes it away. It stands on `unix-excl` and is called `forgetful`.
//
// While a file of one of these names is in the folder of switches, the disk misbehaves. A number in the file says how often,
// or how much; without one a fault strikes every time.
//
//   skip-sync     a sync says it is done and does nothing
//   fail-sync     a sync fails (SQLITE_IOERR_FSYNC), one in so many. As on Linux, what it should have written is then taken
//                 for clean: it can still be read, but no later sync writes it, unless it is written anew
//   full          files may grow by so many bytes more, all of them together; the write that reaches the end is short, and
//                 fails as those after it do (SQLITE_FULL). Writes that make no file longer succeed
//   quota         a write that would make a file longer fails: the owner may have no more (SQLITE_IOERR_WRITE, with EDQUOT)
//   read-only     nothing is written, cut, made or deleted (SQLITE_IOERR_WRITE and its like with EROFS behind it, or
//                 SQLITE_CANTOPEN). What is there can be opened, for reading. A sync fails if there is something to write
//   short-write   a write puts down a part of its bytes and fails (SQLITE_IOERR_WRITE, with EIO), one in so many
//   torn          of a write, one in so many, sectors of 512 bytes reach the file at once, some and others not: so a kill
//                 leaves pages that are half old, half new
//
// Not modelled: directory entries. A file that was created or deleted is so at once.

/// Registers the VFS `forgetful`; gives SQLite's result code. `switches`: the folder, which need not be there yet; `seed`: of
/// the numbers by which it chooses whom a fault strikes.
int forgetful_vfs_register(const char *switches, unsigned long long seed);
