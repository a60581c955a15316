#pragma once

// A VFS for SQLite that behaves as a machine whose power may fail: what was written reaches the file only when it is
// synced. Until then it lives in this process's memory, where every connection of the process sees it, and `kill -9`
// takes it away. It stands on `unix-excl` and is called `forgetful`.
//
// While a file of one of these names is in the folder of switches, the disk misbehaves:
//
//   skip-sync   a sync says it is done and does nothing
//   fail-sync   a sync fails (SQLITE_IOERR_FSYNC). As on Linux, what it should have written is then taken for clean: it
//               can still be read, but no later sync writes it, unless it is written anew
//   full        a write that would make a file longer fails (SQLITE_FULL)
//
// Not modelled: directory entries. A file that was created or deleted is so at once.

/// Registers the VFS `forgetful`; gives SQLite's result code. `switches`: the folder, which need not be there yet.
int forgetful_vfs_register(const char *switches);
