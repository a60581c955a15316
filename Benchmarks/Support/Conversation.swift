package import DoSQLLoop
import DoSQLProtocol

/// Sends some frames and waits for as many answers; an ERROR among them ends it.
package final class Conversation: StreamDelegate {
    private let loop: EventLoop
    private let stream: SocketStream
    private var decoder = FrameDecoder(frameMax: Limits.frameMax)
    private var missing: Int
    private var failure: BenchmarkError?
    private var frames: [UInt8]

    package init(_ address: ListenAddress, sending frames: [UInt8], answers: Int) throws {
        loop = try EventLoop()
        stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
        self.frames = frames
        missing = answers
    }

    /// Returns when all answers have come.
    package func run() throws {
        stream.start(self)
        stream.send(&frames)
        loop.run()
        loop.close()
        if let failure { throw failure }
    }

    package func received(_ bytes: Span<UInt8>) {
        var input = bytes
        var decoder = FrameDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        while true {
            switch decoder.next(&input) {
            case .frame(let header, let body): answered(header, body)
            case .assembled(let header, let body): answered(header, body.span)
            case .tooLarge, .unmeant: return stream.close()
            case .needMore: return
            }
        }
    }

    private func answered(_ header: FrameHeader, _ body: Span<UInt8>) {
        if header.type == MessageType.error.rawValue {
            failure = BenchmarkError((try? ErrorMessage(body))?.description ?? "an error that cannot be read")
            return stream.close()
        }
        missing -= 1
        if missing == 0 { stream.close() }
    }

    package func receivedEnd() { stream.close() }

    package func closed(_ reason: CloseReason) {
        if missing > 0 && failure == nil { failure = BenchmarkError("the server closed the connection: \(reason)") }
        loop.stop()
    }
}
