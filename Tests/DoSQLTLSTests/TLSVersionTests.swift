import DoSQLTLS
import DoSQLTestSupport
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing

/// Against NIO's own client, which can be told to speak what ours never would.
@Suite("TLS versions and renegotiation")
struct TLSVersionTests {
    private static func firstMessage(_ minimum: TLSVersion, _ maximum: TLSVersion) throws -> [UInt8] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = minimum
        configuration.maximumTLSVersion = maximum
        let handler = try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: "localhost")
        let channel = EmbeddedChannel(handler: handler)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        var bytes: [UInt8] = []
        while let part = try channel.readOutbound(as: ByteBuffer.self) { bytes += part.readableBytesView }
        _ = try? channel.finish()
        return bytes
    }

    @Test func `TLS 1_0 and 1_1 are refused with an alert that says so`() throws {
        for version in [TLSVersion.tlsv1, .tlsv11] {
            let session = try TLSServerContext(TestCertificates.files()).makeSession()
            var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
            let hello = try Self.firstMessage(version, version)
            let fault = #expect(throws: TLSFault.self) {
                try session.receive(hello.span, into: &plaintext, answering: &output)
            }
            #expect(fault?.kind == .handshake)
            #expect(fault?.reason == "UNSUPPORTED_PROTOCOL")
            // alert, fatal, protocol_version (RFC 5246, 7.2).
            #expect(Array(output.suffix(2)) == [2, 70])
        }
    }

    @Test func `TLS 1_2 and 1_3 are answered`() throws {
        for version in [TLSVersion.tlsv12, .tlsv13] {
            let session = try TLSServerContext(TestCertificates.files()).makeSession()
            var (plaintext, output): ([UInt8], [UInt8]) = ([], [])
            let hello = try Self.firstMessage(version, version)
            try session.receive(hello.span, into: &plaintext, answering: &output)
            #expect(output.first == 22)
        }
    }

    @Test func `a TLS 1_2 client that begins a handshake anew ends its session`() throws {
        let wire = try Wire(client: TestCertificates.client(allowsTLS13: false))
        try wire.settle()
        // A second ClientHello, in the clear: its record cannot be authenticated.
        wire.toServer = try Self.firstMessage(.tlsv12, .tlsv12)
        let fault = #expect(throws: TLSFault.self) { try wire.deliverToServer() }
        #expect(fault?.kind == .record)
        #expect(wire.atServer.isEmpty)
    }
}
