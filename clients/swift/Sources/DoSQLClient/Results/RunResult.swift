import DoSQLProtocol

/// What became of a statement that was run for its effects (`protocol/values.md`, *Outcome*).
public struct RunResult: Hashable, Sendable {
    /// Rows inserted, updated or deleted by the statement itself, not by triggers or foreign key actions.
    public var changes: Int
    /// The rowid of the last row it inserted; 0 if it inserted none.
    public var lastInsertRowid: Int64
    /// The tenant's log sequence number: this change's own, or the newest this answer is sure to have seen. 0 for a
    /// change inside a transaction: the commit has its number.
    public var lsn: UInt64
    /// Whether this is the stored answer of an earlier request with the same idempotency key.
    public var replayed: Bool

    /// Nothing was sent, since there was nothing to do.
    static let nothing = RunResult(Outcome())

    init(_ outcome: Outcome) {
        changes = Int(clamping: outcome.changes)
        lastInsertRowid = outcome.lastInsertRowid
        lsn = outcome.lsn
        replayed = outcome.replayed
    }
}
