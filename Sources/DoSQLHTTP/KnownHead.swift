import NIOCore

/// A head that was read before, with its bytes: a client on a connection that stays open sends the same one again and again,
/// and what a head says depends on its bytes alone.
final class KnownHead {
    /// Bytes of a head that is worth being known.
    static let bytesMax = 2048

    /// The head as it came.
    let bytes: ByteBuffer
    let head: RequestHead

    init(_ bytes: ByteBuffer, _ head: RequestHead) {
        self.bytes = bytes
        self.head = head
    }

    /// Whether what was received begins with these bytes.
    func begins(_ received: ByteBuffer) -> Bool {
        received.getSlice(at: received.readerIndex, length: bytes.readableBytes) == bytes
    }

    /// Whether it can be known: its body is framed by its length or is not there, the connection goes on in HTTP behind it, and
    /// nobody waits for an interim answer. Heads with a query seldom come twice.
    static func isWorthKnowing(_ head: RequestHead, bytes: Int) -> Bool {
        bytes <= bytesMax && head.framing != .chunked && head.isKeepAlive && !head.expectsContinue && !head.isUpgrade
            && head.query == nil
    }
}
