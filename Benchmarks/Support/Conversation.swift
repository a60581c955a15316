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
    private var last: [UInt8] = []

    package init(_ address: ListenAddress, sending frames: [UInt8], answers: Int) throws {
        loop = try EventLoop()
        stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
        self.frames = frames
        missing = answers
    }

    /// Returns when all answers have come, with the body of the last one.
    package func run() throws -> [UInt8] {
        stream.start(self)
        stream.send(&frames)
        loop.run()
        loop.close()
        if let failure { throw failure }
        return last
    }

    /// Carries out a script.
    package static func script(_ sql: String, in tenant: String, at address: ListenAddress) throws {
        var writer = ByteWriter(Preamble.bytes)
        Hello.encode(into: &writer, request: 1, client: "benchmark")
        Open.encode(into: &writer, stream: 1, request: 2, tenant: tenant)
        Script.encode(into: &writer, stream: 1, request: 3, sql: sql)
        _ = try Conversation(address, sending: writer.take(), answers: 3).run()
    }

    /// The first value of a statement's first row, which is an integer.
    package static func integer(_ sql: String, of tenant: String = "bench", at address: ListenAddress) throws -> Int64 {
        var writer = ByteWriter(Preamble.bytes)
        Hello.encode(into: &writer, request: 1, client: "benchmark")
        Open.encode(into: &writer, stream: 1, request: 2, tenant: tenant)
        Prepare.encode(into: &writer, request: 3, id: 1, sql: sql)
        Execute.encode(into: &writer, kind: .queryOne, stream: 1, request: 4, statement: .prepared(1))
        let answer = try Conversation(address, sending: writer.take(), answers: 4).run()
        guard case .integer(let value)? = try ResultMessage(answer.span).rows.copy().first?.first else {
            throw BenchmarkError("\(sql) gave no integer")
        }
        return value
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
        if missing == 0 {
            last = [UInt8](copying: body)
            stream.close()
        }
    }

    package func receivedEnd() { stream.close() }

    package func closed(_ reason: CloseReason) {
        if missing > 0 && failure == nil { failure = BenchmarkError("the server closed the connection: \(reason)") }
        loop.stop()
    }
}
