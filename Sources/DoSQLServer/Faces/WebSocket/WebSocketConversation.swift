import DoSQLSession

/// What is spoken inside the messages of a WebSocket.
protocol WebSocketConversation: AnyObject {
    /// A text message, valid UTF-8.
    func received(text: [UInt8])
    /// A binary message.
    func received(binary: [UInt8])
    /// Hands over what is to be sent, before the face is flushed.
    func deliver()
    /// The client has read: the queue is short again.
    func drained()
    /// What its tenant has had of the turn.
    var turns: TurnAccount { get }
    /// Holds the face back if its tenant has had its time, until the others of the loop have had theirs.
    func yieldIfDue()
    /// Whether something is under way that is to be carried out even if the client closes now.
    var isBusy: Bool { get }
    /// Bytes of answers that are not with the face yet.
    var heldBytes: Int { get }
    /// Looks at the deadlines.
    func tick(_ now: UInt64)
    /// Whether none of them is near: no request of the client's is under way.
    var isQuiet: Bool { get }
    /// A tenant has ended: what is spoken about it alone comes to an end.
    func tenantEnded(_ tenant: TenantName)
    /// The server stops: nothing new is taken, and the face is closed when what was accepted has been answered.
    func drain()
    /// The connection is gone, or about to be.
    func end()
}
