internal import CSQLiteMemory

/// The memory of all of this process's databases: caches, statements, what a query builds up.
///
/// SQLite would take one lock for each piece of memory, to keep count. Here each thread counts for itself, and tells the
/// others now and then: <https://www.sqlite.org/malloc.html>.
public enum SQLiteMemory {
    /// Bytes in use, exact to within 64 KiB for each thread.
    public static var used: Int { Int(clamping: dosql_memory_used()) }

    /// Bytes beyond which SQLite is refused more, and what needs it fails with `SQLITE_NOMEM`; nil for no bound.
    public static var limit: Int? {
        get {
            let bytes = dosql_memory_limit()
            return bytes == .max ? nil : Int(bytes)
        }
        set { dosql_memory_set_limit(newValue.map(Int64.init) ?? .max) }
    }

    /// Has SQLite take its memory here. It must not have been used before; if it was, it goes on with the C library's,
    /// and nothing is counted.
    @discardableResult
    public static func prepare() -> Bool { isPrepared }

    private static let isPrepared = dosql_memory_install() == 0
}
