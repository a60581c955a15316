import DoSQLTLS
import DoSQLTestSupport
import Testing

@Suite("TLS sessions", .timeLimit(.minutes(5)))
struct TLSSessionTests {
    @Test(arguments: [true, false], [Int.max, 1, 7, 4096])
    func `a handshake, bytes both ways and an orderly end, however they are cut`(isTLS13: Bool, step: Int) throws {
        let wire = try Wire(client: TestCertificates.client(allowsTLS13: isTLS13))
        wire.step = step
        try wire.settle()
        #expect(wire.server.isEstablished && wire.client.isEstablished)
        #expect(wire.server.applicationProtocol == "http/1.1")
        let question = Array("DSQL".utf8)
        let answer = [UInt8](repeating: 7, count: 100_000)
        try wire.client.send(question.span, into: &wire.toServer)
        try wire.settle()
        #expect(wire.atServer == question)
        try wire.server.send(answer.span, into: &wire.toClient)
        try wire.settle()
        #expect(wire.atClient == answer)
        wire.client.close(into: &wire.toServer)
        try wire.settle()
        #expect(wire.server.peerHasEnded && !wire.client.peerHasEnded)
        // Who has ended may still read.
        try wire.server.send(question.span, into: &wire.toClient)
        wire.server.close(into: &wire.toClient)
        try wire.settle()
        #expect(wire.atClient == answer + question)
        #expect(wire.client.peerHasEnded)
    }

    @Test func `what is sent before the handshake is over comes behind it`() throws {
        let wire = try Wire()
        let early = Array("early".utf8)
        try wire.client.send(early.span, into: &wire.toServer)
        try wire.server.send(early.span, into: &wire.toClient)
        try wire.settle()
        #expect(wire.atServer == early)
        #expect(wire.atClient == early)
    }

    @Test func `ten megabytes come whole and in order, in records of at most 16 KiB`() throws {
        let wire = try Wire()
        try wire.settle()
        let sent = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        try wire.server.send(sent.span, into: &wire.toClient)
        var at = 0
        while at < wire.toClient.count {
            let length = Int(wire.toClient[at + 3]) << 8 | Int(wire.toClient[at + 4])
            #expect(length <= 16 * 1024 + 256)
            at += 5 + length
        }
        #expect(at == wire.toClient.count)
        #expect(wire.toClient.count < sent.count + sent.count / 256)
        wire.step = 65536
        try wire.settle()
        #expect(wire.atClient == sent)
    }

    @Test func `a byte that was changed on its way ends the session with an alert, and what came before it counts`()
        throws
    {
        let wire = try Wire()
        try wire.settle()
        let good = Array("good".utf8)
        try wire.client.send(good.span, into: &wire.toServer)
        try wire.client.send(good.span, into: &wire.toServer)
        wire.toServer[wire.toServer.count - 3] ^= 1
        let fault = try #require(throws: TLSFault.self) { try wire.deliverToServer() }
        #expect(fault.kind == .record)
        #expect(fault.reason == "DECRYPTION_FAILED_OR_BAD_RECORD_MAC")
        #expect(wire.atServer == good)
        #expect(!wire.toClient.isEmpty)
        // It does not come back to life.
        #expect(throws: fault) { try wire.server.receive(good.span, into: &wire.atServer, answering: &wire.toClient) }
        #expect(throws: fault) { try wire.server.send(good.span, into: &wire.toClient) }
        let heard = #expect(throws: TLSFault.self) { try wire.settle() }
        #expect(heard?.reason.contains("ALERT_BAD_RECORD_MAC") == true)
    }

    @Test(arguments: [
        [UInt8]("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), [UInt8]("DSQL".utf8) + [0, 0, 0, 0],
        [22, 3, 1, 255, 255, 1], [22, 3, 1, 0, 4, 9, 9, 9, 9], [21, 3, 1, 0, 2, 2, 40], [22, 3, 1, 0, 0, 22, 3, 1],
        [22, 9, 9, 0, 5, 1, 0, 0, 1, 0], [23, 3, 3, 0, 1, 7], [20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 1, 1],
    ])
    func `what is no handshake is refused or waited for, never taken`(bytes: [UInt8]) throws {
        let session = try TLSServerContext(TestCertificates.files()).makeSession()
        var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
        do throws(TLSFault) {
            try session.receive(bytes.span, into: &plaintext, answering: &output)
            #expect(output.isEmpty)
        } catch {
            #expect(error.kind == .handshake)
            #expect(!error.reason.isEmpty)
        }
        #expect(plaintext.isEmpty)
        #expect(!session.isEstablished)
    }

    @Test func `random bytes never crash a session`() throws {
        let context = try TLSServerContext(TestCertificates.files())
        var random = SystemRandomNumberGenerator()
        for round in 0..<500 {
            let session = context.makeSession()
            var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
            var bytes = (0..<Int.random(in: 1...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            // Half of them look like handshakes.
            if round % 2 == 0 { bytes = [22, 3, 1, 0, UInt8(min(bytes.count, 255))] + bytes }
            try? session.receive(bytes.span, into: &plaintext, answering: &output)
            #expect(plaintext.isEmpty && !session.isEstablished)
        }
    }

    @Test func `a ClientHello that was cut or changed anywhere is refused or waited for`() throws {
        let context = try TLSServerContext(TestCertificates.files())
        let hello = try Wire(context).toServer
        for place in hello.indices {
            for bytes in [Array(hello[..<place]), hello.changed(at: place)] where !bytes.isEmpty {
                let session = context.makeSession()
                var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
                try? session.receive(bytes.span, into: &plaintext, answering: &output)
                #expect(plaintext.isEmpty && !session.isEstablished)
            }
        }
    }

    @Test func `a handshake without an end is ended at its bound`() throws {
        let session = try TLSServerContext(TestCertificates.files()).makeSession()
        var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
        // A message of 16,000 bytes, in records of one byte each: 6 bytes on the wire for each of them.
        let message: [UInt8] = [1, 0, 0x3E, 0x80] + [UInt8](repeating: 0, count: 16_000)
        var sent = 0
        let fault = #expect(throws: TLSFault.self) {
            for byte in message {
                let record: [UInt8] = [22, 3, 1, 0, 1, byte]
                sent += record.count
                try session.receive(record.span, into: &plaintext, answering: &output)
            }
        }
        #expect(fault?.kind == .handshakeTooLong)
        #expect(sent > TLSLimits.handshakeBytesMax && sent <= TLSLimits.handshakeBytesMax + 6)
    }

    @Test func `a handshake message that is said to be longer than 16 KiB is refused at once`() throws {
        let session = try TLSServerContext(TestCertificates.files()).makeSession()
        var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
        let record: [UInt8] = [22, 3, 1, 0, 4, 1, 0xFF, 0xFF, 0xFF]
        let fault = #expect(throws: TLSFault.self) {
            try session.receive(record.span, into: &plaintext, answering: &output)
        }
        #expect(fault?.reason == "EXCESSIVE_MESSAGE_SIZE")
    }

    @Test func `ten thousand sessions that are dropped in the middle of everything leave nothing behind`() throws {
        let context = try TLSServerContext(TestCertificates.files())
        let client = try TestCertificates.client()
        func round() throws {
            for _ in 0..<250 {
                let wire = try Wire(context, client: client)
                try wire.deliverToServer()
            }
            for _ in 0..<250 {
                let wire = try Wire(context, client: client)
                try wire.settle()
                wire.client.close(into: &wire.toServer)
                try wire.settle()
            }
        }
        for _ in 0..<4 { try round() }
        let before = try #require(ProcessMemory.resident)
        for _ in 0..<16 { try round() }
        let after = try #require(ProcessMemory.resident)
        // A session that stayed would be 20 KiB, and these are 16,000.
        #expect(after - before < 32 * 1024 * 1024)
    }
}

extension [UInt8] {
    fileprivate func changed(at place: Int) -> [UInt8] {
        var copy = self
        copy[place] ^= 0x55
        return copy
    }
}
