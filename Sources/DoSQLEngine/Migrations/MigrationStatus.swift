/// Where one migration stands in one database.
public struct MigrationStatus: Sendable, Hashable {
    /// What the database remembers of a migration.
    public struct Application: Sendable, Hashable {
        /// When, in UTC: `2026-01-31 12:00:00`.
        public let appliedAt: String
        /// The digest it had then.
        public let checksum: String
        /// How long it took.
        public let durationMilliseconds: Int64
    }

    /// The migration.
    public let id: String
    /// Its application; nil if it is pending.
    public let application: Application?
    /// Whether it is among the migrations given; one that was applied and is not is remembered all the same.
    public let isGiven: Bool

    /// Whether it is still to be applied.
    public var isPending: Bool { application == nil }
}
