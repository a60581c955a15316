internal import CSQLite
internal import CSQLiteHeap

/// The SQLite this process is linked with.
public enum SQLiteLibrary {
    /// Its version, such as `3.40.1`: <https://www.sqlite.org/c3ref/libversion.html>.
    public static var version: String { unsafe String(cString: sqlite3_libversion()) }

    /// The check-in it was built from: <https://www.sqlite.org/c3ref/libversion.html>.
    public static var sourceID: String { unsafe String(cString: sqlite3_sourceid()) }

    /// Its version as one number, such as `3040001`.
    public static var versionNumber: Int { Int(sqlite3_libversion_number()) }

    /// Bounds the memory of all connections of the process, in bytes; 0: none. Beyond it statements fail with
    /// `SQLITE_NOMEM`. Whoever has caches to spare looks at ``isShortOfMemory``.
    public static func setHeapBytesMax(_ bytes: Int) {
        dosql_heap_set_limit(bytes == 0 ? .max : Int64(bytes))
    }

    /// The bound of ``setHeapBytesMax(_:)``.
    public static var heapBytesMax: Int {
        let bytes = dosql_heap_limit()
        return bytes == .max ? 0 : Int(bytes)
    }

    /// The bytes of memory that SQLite holds, to within 64 KiB a thread.
    public static var memoryUsed: Int { Int(dosql_heap_used()) }

    /// Whether three quarters of the bound are taken: time to give back what caches hold.
    public static var isShortOfMemory: Bool {
        let bytes = dosql_heap_limit()
        return bytes != .max && dosql_heap_used() > bytes / 4 * 3
    }

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
