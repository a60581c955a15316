/// How a connection is opened: which file, in which part, and with which settings.
public struct OpenOptions: Sendable, Hashable {
    /// What the connection is for.
    public enum Role: Sendable, Hashable {
        /// The one connection that commits and checkpoints. It creates the file if there is none and turns it to WAL.
        case writer
        /// Reads only (`query_only`), never checkpoints. It is opened READWRITE all the same: a first connection that
        /// is read-only makes `unix-excl` fall back to locks on the file, and the file must then exist.
        case reader
    }

    /// When a commit waits for the disk: <https://www.sqlite.org/pragma.html#pragma_synchronous>.
    public enum Synchronous: Int, Sendable, Hashable {
        /// Never. For tests only.
        case off = 0
        /// At checkpoints only: a power cut may take the last commits away, consistently.
        case normal = 1
        /// At each commit: what was answered stays.
        case full = 2
    }

    /// The path of the database file. It is taken as a path even if it looks like a URI.
    public var path: String
    /// What the connection is for.
    public var role: Role
    /// The VFS. `unix-excl` keeps the WAL index in the process's memory and makes no lock calls:
    /// <https://www.sqlite.org/vfs.html>.
    public var vfsName = "unix-excl"
    /// When a commit waits for the disk.
    public var synchronous = Synchronous.full
    /// KiB of page cache: <https://www.sqlite.org/pragma.html#pragma_cache_size>.
    public var cacheKiB = 2048
    /// Whether deleted content is overwritten with zeros. Off: it doubles the writes of a delete, and the build of the
    /// system's library has it on: <https://www.sqlite.org/pragma.html#pragma_secure_delete>.
    public var secureDelete = false
    /// Whether `"text"` that names no column is taken as a string, SQLite's historical way.
    ///
    /// On: schemas written that way are common, their dumps contain it, and a dump must load. The usual applications
    /// contain it in statements, too: <https://www.sqlite.org/quirks.html#dblquote>.
    public var acceptsDoubleQuotedStrings = true
    /// Every bound.
    public var limits = EngineLimits()

    /// Takes what has no default.
    public init(path: String, role: Role) {
        self.path = path
        self.role = role
    }

    /// The pragmas of an opening, in order, each with its reason. They run before the sandbox closes.
    var pragmas: [String] {
        var pragmas = [
            // Bounded memory a tenant.
            "PRAGMA cache_size=-\(cacheKiB)",
            // Sorting and temporary tables never touch the disk: their files would outlive a tenant's quota.
            "PRAGMA temp_store=MEMORY",
            // Off in SQLite for history's sake; a declared reference that is not checked is a trap.
            "PRAGMA foreign_keys=ON",
            // Functions and virtual tables with side effects do not run from inside a schema somebody uploaded.
            "PRAGMA trusted_schema=OFF",
            // Checkpoints are the server's decision, by size and idleness, on the writer.
            "PRAGMA wal_autocheckpoint=0",
            "PRAGMA secure_delete=\(secureDelete ? "ON" : "OFF")",
            "PRAGMA synchronous=\(synchronous.rawValue)",
        ]
        switch role {
        case .writer:
            // Readers go on during a write, and a commit is one append. It is a property of the file.
            pragmas.append("PRAGMA journal_mode=WAL")
        case .reader:
            // Last: the others are settings, but nothing is written after it.
            pragmas.append("PRAGMA query_only=ON")
        }
        return pragmas
    }
}
