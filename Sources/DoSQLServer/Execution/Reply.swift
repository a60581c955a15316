import DoSQLLoop
import DoSQLProtocol

/// A frame that another thread made for a request, with what the loop must know of it.
struct Reply: Sendable {
    enum Kind: Sendable {
        /// The terminal answer.
        case terminal(succeeded: Bool, transaction: TransactionState)
        /// HEAD or ROWS of a streamed result: `bytes` count against its window.
        case part(bytes: Int)
        /// Credit for a load.
        case grant(bytes: Int)
        /// The OPEN of a stream.
        case opened(succeeded: Bool)
        /// BEGIN succeeded: its clocks start.
        case began(TransactionState, idleMax: UInt64, totalMax: UInt64)
    }

    let connection: UInt64
    let stream: UInt16
    let request: UInt32
    let kind: Kind
    /// Whole frames.
    let frame: [UInt8]
    /// Where it counts while it is on its way; nil for what the loop made itself.
    let answers: AnswerWindow?
}
