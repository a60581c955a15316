/// A request that another thread works on or that waits for one.
struct InFlight {
    /// Who carries it out.
    enum Carrier {
        /// It waits in its tenant's line, or for the shard's reader.
        case line
        /// A read on a connection of its own.
        case session(ReadSession)
        /// The stream's transaction.
        case transaction
        /// A load that holds the turn by itself.
        case load
    }

    let job: Job
    let carrier: Carrier
    /// When it came.
    let receivedAt: UInt64
    /// When the client last did something for it, or was sent something of it.
    var lastProgress: UInt64
    /// Bytes of rows the client may still send, if it is a load.
    var rowsCredit = 0
}
