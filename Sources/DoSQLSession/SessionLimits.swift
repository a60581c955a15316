/// The time bounds of sessions that an operator may change. Sizes and counts that peers meet are in `DoSQLProtocol`'s
/// `Limits`.
///
/// Times are nanoseconds of a monotonic clock, as everywhere in the machines: time is an argument, never read.
public struct SessionLimits: Sendable, Hashable {
    /// From accept to an accepted HELLO. Whoever only holds a descriptor pays for it soon.
    public var handshakeTime: UInt64 = 5_000_000_000
    /// Between two statements of an interactive transaction: its tenant cannot write meanwhile.
    public var transactionIdleMax: UInt64 = 10_000_000_000
    /// From BEGIN to COMMIT.
    public var transactionTotalMax: UInt64 = 60_000_000_000
    /// Waiting for a tenant's turn to write.
    public var transactionWaitMax: UInt64 = 30_000_000_000
    /// A streamed result without credit, or whose bytes nobody reads: it pins the write-ahead log.
    public var cursorStallMax: UInt64 = 60_000_000_000
    /// A statement at a stretch, between two waits for its client: threads are few, and others wait for them.
    public var statementTimeMax: UInt64 = 30_000_000_000
    /// The age of a snapshot from which it has to give way to a checkpoint that is due: only that bounds the
    /// write-ahead log.
    public var snapshotAgeMax: UInt64 = 60_000_000_000
    /// From GOAWAY to the end of those who do not finish.
    public var shutdownGrace: UInt64 = 5_000_000_000

    /// The defaults of `protocol/limits.md`.
    public init() {}
}
