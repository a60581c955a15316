/// Sixteen random bytes: a server's start or a tenant's incarnation (`protocol/handshake.md`, HELLO_OK;
/// `protocol/messages.md`, streams).
public struct Identity: Hashable, Sendable {
    /// The first eight bytes, little-endian.
    public var low: UInt64
    /// The last eight bytes, little-endian.
    public var high: UInt64

    /// An identity of two halves.
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// An identity of new random bytes.
    public static func random() -> Identity {
        Identity(low: .random(in: .min ... .max), high: .random(in: .min ... .max))
    }

    /// The identity of sixteen bytes, or nil if there are not as many.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(low: bytes.littleEndianU64(at: 0), high: bytes.littleEndianU64(at: 8))
    }

    /// The sixteen bytes.
    public var bytes: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// Writes the sixteen bytes.
    public func encode(into writer: inout ByteWriter) {
        writer.writeU64(low)
        writer.writeU64(high)
    }
}

extension Identity: CustomStringConvertible {
    /// The bytes in hex, in their order.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
