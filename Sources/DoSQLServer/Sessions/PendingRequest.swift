import DoSQLProtocol

/// A request that waits in its stream's line.
struct PendingRequest {
    let header: FrameHeader
    let body: [UInt8]
    let receivedAt: UInt64
    /// When it is given up, if it has not begun by then.
    let deadline: UInt64
    /// The texts of prepared numbers, as they were when it came.
    let statements: StatementTable
    /// Counted for as long as it waits.
    let tally: RequestTally
}
