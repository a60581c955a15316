/// Who waits for a token's signature to be checked elsewhere.
enum TokenInquirer: Sendable {
    /// A session that has sent HELLO, by its number.
    case session(UInt64)
    /// A request over HTTP, by its connection and its number there.
    case exchange(connection: UInt64, number: UInt64)
    /// A client of the hub, by its connection.
    case hub(connection: UInt64)
}
