import DoSQLLoop
import DoSQLProtocol

/// Who called a transaction: an HTTP connection of some shard, and which of its exchanges.
struct TransactionCaller: Equatable, Sendable {
    let shard: Mailbox<ShardMessage>
    let connection: UInt64
    let exchange: UInt64
    /// The name of its request, for the log.
    let requestID: String

    static func == (one: TransactionCaller, other: TransactionCaller) -> Bool {
        one.shard === other.shard && one.connection == other.connection && one.exchange == other.exchange
    }
}

/// What a face wants of a transaction.
struct TransactionCall: Sendable {
    enum Kind: Sendable {
        /// Carry out a message.
        case request(MessageType, body: [UInt8])
        /// The rows that were sent are on their way: more may come.
        case credit(Int)
        /// The caller is gone.
        case cancel
    }

    let transaction: TransactionID
    /// The tenant that the call is for, by its name; nil if it did not say.
    let tenant: String?
    /// Who calls; nil: the server has no tokens.
    let principal: Principal?
    let kind: Kind
    let caller: TransactionCaller
}
