/// What a grant allows on some tables: the tables by name or glob, and `read`, `write` or both.
public struct TableGrant: Sendable, Hashable {
    private let glob: Glob
    /// A subset of ``Rights/ofTables``.
    public let rights: Rights

    /// - Parameters:
    ///   - table: a table's name, or a glob in which `*` stands for any run; 1–128 bytes. As SQLite does, ASCII letters
    ///     are compared without their case (sqlite.org/c3ref/stricmp.html).
    ///   - rights: `read`, `write` or both; others are dropped, since they are not a table's.
    /// - Returns: nil if the name has no bytes, or too many.
    public init?(table: String, rights: Rights) {
        guard table.utf8.count >= 1, table.utf8.count <= AccessLimits.patternBytesMax else { return nil }
        glob = Glob(table, foldsCase: true)
        self.rights = rights.intersection(.ofTables)
    }

    /// The table's name or glob, as it was written.
    public var table: String { glob.text }

    /// Whether it is for the table of this name.
    public func matches(_ table: String) -> Bool { glob.matches(table) }
}
