internal import DoSQLCompression
internal import NIOCore
internal import NIOWebSocket

/// What all WebSocket connections of a thread share: the library's channel, and zlib's memory.
///
/// No state of a connection stays here between two calls. Not `Sendable`: confined to the thread of its first use, and
/// to be let go there.
public final class WebSocketCodec {
    // Each is made when it is first asked for: zlib's memory, when the first compressed message comes or goes.
    lazy var decoding = FrameDecoding()
    private lazy var inflater = Inflater(.raw(windowBits: 15))
    private var deflaters: [Int: Deflater] = [:]

    /// The end of a flushed block, which does not travel (RFC 7692, 7.2.1).
    private static let flushTail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// A codec that holds nothing yet.
    public init() {}

    // MARK: Messages out

    /// Appends a whole message as one frame in the form that a connection wants.
    ///
    /// It goes uncompressed if it is shorter than ``WebSocketLimits/deflatedBytesMin``, or would not become shorter.
    public func append(
        _ kind: WebSocketMessageKind, _ bytes: Span<UInt8>, as variant: WebSocketVariant, to output: inout [UInt8]
    ) {
        guard case .deflated(let windowBits) = variant, bytes.count >= WebSocketLimits.deflatedBytesMin else {
            return WebSocketEncoder.appendFrame(0x80 | kind.opcode, bytes, to: &output)
        }
        let deflater = deflater(windowBits: windowBits)
        var compressed: [UInt8] = []
        deflater.append(bytes, into: &compressed, flush: .sync)
        deflater.reset()
        compressed.removeLast(Self.flushTail.count)
        guard compressed.count < bytes.count else {
            return WebSocketEncoder.appendFrame(0x80 | kind.opcode, bytes, to: &output)
        }
        WebSocketEncoder.appendFrame(0xC0 | kind.opcode, compressed.span, to: &output)
    }

    private func deflater(windowBits: Int) -> Deflater {
        if let known = deflaters[windowBits] { return known }
        let made = Deflater(.raw(windowBits: windowBits))
        deflaters[windowBits] = made
        return made
    }

    // MARK: Messages in

    func next(_ input: inout ByteBuffer, decoder: WebSocketFrameDecoder) throws(Violation) -> WebSocketFrame? {
        try decoding.next(&input, decoder: decoder)
    }

    /// Decompresses a whole message.
    func inflate(_ compressed: [UInt8], bytesMax: Int) throws(Violation) -> [UInt8] {
        var message: [UInt8] = []
        defer { inflater.reset() }
        do {
            try inflater.append(compressed.span, into: &message, outputMax: bytesMax)
            try inflater.append(Self.flushTail.span, into: &message, outputMax: bytesMax)
        } catch .outputTooLarge {
            throw .messageTooBig
        } catch {
            throw .damagedCompression
        }
        return message
    }
}
