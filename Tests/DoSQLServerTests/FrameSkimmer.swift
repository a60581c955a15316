import DoSQLProtocol
import DoSQLTestSupport

/// Reads frames without looking at more than the first bytes of their bodies: for results too long to be decoded in a test.
struct FrameSkimmer {
    /// Bytes of each body that are kept.
    private static let kept = 16

    private let client: WireClient
    private var bytes: [UInt8] = []
    private var offset = 0

    init(_ client: WireClient) { self.client = client }

    /// The next frame's header and the beginning of its body; nil at the connection's end.
    mutating func next() throws -> (header: FrameHeader, start: [UInt8])? {
        guard try fill(FrameHeader.size) else { return nil }
        let header = FrameHeader(decoding: bytes.span.extracting(offset..<offset + FrameHeader.size))
        offset += FrameHeader.size
        let length = Int(header.length)
        let shown = min(length, Self.kept)
        guard try fill(shown) else { return nil }
        let start = Array(bytes[offset..<offset + shown])
        var left = length
        while left > bytes.count - offset {
            left -= bytes.count - offset
            bytes = try client.socket.receive(Deadline())
            offset = 0
            if bytes.isEmpty { return nil }
        }
        offset += left
        return (header, start)
    }

    /// Makes `count` bytes available; false at the connection's end.
    private mutating func fill(_ count: Int) throws -> Bool {
        while bytes.count - offset < count {
            let more = try client.socket.receive(Deadline())
            if more.isEmpty { return false }
            bytes = Array(bytes[offset...]) + more
            offset = 0
        }
        return true
    }
}
