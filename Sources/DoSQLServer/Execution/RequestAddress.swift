import DoSQLLoop

/// Where an answer goes: the shard's mailbox, and on it the connection, stream and request.
struct RequestAddress: Sendable {
    let shard: Mailbox<ShardMessage>
    let connection: UInt64
    let stream: UInt16
    let request: UInt32
    /// Where its answer counts until the client has taken it.
    let answers: AnswerWindow
}
