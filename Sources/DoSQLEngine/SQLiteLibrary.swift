internal import CSQLite

/// The SQLite this process is linked with.
public enum SQLiteLibrary {
    /// Its version, such as `3.40.1`: <https://www.sqlite.org/c3ref/libversion.html>.
    public static var version: String { unsafe String(cString: sqlite3_libversion()) }

    /// The check-in it was built from: <https://www.sqlite.org/c3ref/libversion.html>.
    public static var sourceID: String { unsafe String(cString: sqlite3_sourceid()) }

    /// Its version as one number, such as `3040001`.
    public static var versionNumber: Int { Int(sqlite3_libversion_number()) }

    /// Bounds the memory of all connections of the process, in bytes; 0: none.
    ///
    /// Beyond it statements fail with `SQLITE_NOMEM`; from three quarters of it on, page caches reuse what they have.
    /// <https://www.sqlite.org/c3ref/hard_heap_limit64.html>
    public static func setHeapBytesMax(_ bytes: Int) {
        sqlite3_hard_heap_limit64(Int64(bytes))
        sqlite3_soft_heap_limit64(Int64(bytes / 4 * 3))
    }

    /// The bound of ``setHeapBytesMax(_:)``.
    public static var heapBytesMax: Int { Int(sqlite3_hard_heap_limit64(-1)) }

    /// The bytes of memory that SQLite holds: <https://www.sqlite.org/c3ref/memory_highwater.html>.
    public static var memoryUsed: Int { Int(sqlite3_memory_used()) }

    /// Whether a checkpoint that overlaps another connection's commit can corrupt a file with this library.
    ///
    /// The writer connection does all commits and all checkpoints for that reason, whatever the answer is.
    public static var hasWALResetBug: Bool { hasWALResetBug(versionNumber: versionNumber) }

    /// The same for any version: 3.7.0 to 3.51.2 have it, but for the two back-ported repairs.
    static func hasWALResetBug(versionNumber: Int) -> Bool {
        let repaired =
            (3_044_006..<3_045_000).contains(versionNumber) || (3_050_007..<3_051_000).contains(versionNumber)
        return (3_007_000...3_051_002).contains(versionNumber) && !repaired
    }
}
