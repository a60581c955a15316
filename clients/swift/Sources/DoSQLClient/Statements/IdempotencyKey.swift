/// The name of one write: the server carries it out once under this name, and gives the first answer again after.
///
/// Make one where the intent arises (an order, a payment) and use it for every attempt. Keys are per tenant and live for
/// a day unless the server is told otherwise. See `protocol/transactions.md`, *Idempotency keys*.
public struct IdempotencyKey: Hashable, Sendable {
    /// 1 to 128 bytes.
    public let bytes: [UInt8]

    /// A key of 16 random bytes.
    public static func random() -> IdempotencyKey {
        var generator = SystemRandomNumberGenerator()
        return IdempotencyKey((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    /// A key of your own. The server refuses one that is empty or longer than 128 bytes (`MALFORMED`).
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// A key of a text's UTF-8.
    public init(_ text: String) { self.bytes = Array(text.utf8) }
}

extension IdempotencyKey: ExpressibleByStringLiteral {
    /// A key of a text's UTF-8.
    public init(stringLiteral value: String) { self.init(value) }
}
