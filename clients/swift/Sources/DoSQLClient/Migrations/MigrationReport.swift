/// Where a tenant stands among its migrations.
public struct MigrationReport: Sendable {
    /// One migration, applied or given.
    public struct Entry: Hashable, Sendable {
        /// The migration's id.
        public var id: String
        /// Where it stands.
        public var state: State
        /// When it was applied, in UTC as `YYYY-MM-DD HH:MM:SS`; nil while it is pending.
        public var appliedAt: String?
        /// The SHA-256 of its SQL in lower-case hexadecimal digits.
        public var checksum: String
        /// How long it took.
        public var duration: Duration
    }

    /// Where a migration stands.
    public enum State: UInt8, Sendable {
        /// Not applied.
        case pending = 0
        /// Applied by an earlier request.
        case appliedBefore = 1
        /// Applied by this request.
        case applied = 2
    }

    /// All migrations that are applied or were given, in order.
    public var entries: [Entry]
    /// The tenant's newest LSN that this report is sure to have seen.
    public var lsn: UInt64

    /// Those that this request applied.
    public var applied: [Entry] { entries.filter { $0.state == .applied } }
    /// Those that still have to be applied.
    public var pending: [Entry] { entries.filter { $0.state == .pending } }
}
