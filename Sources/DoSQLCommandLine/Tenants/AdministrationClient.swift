import DoSQLClient
import DoSQLEngine
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A client of a server's administration, over HTTP/1.1: each request on a connection of its own
/// (`protocol/administration.md`).
struct AdministrationClient {
    /// Bytes that are read of a file at a time.
    private static let partSize = 256 << 10
    /// Bytes of an answer that is no file: a page of a thousand tenants is far below.
    private static let answerMax = 64 << 20

    let address: AdministrationAddress
    let token: String?
    /// A file of certificates; nil: what the system trusts.
    let trustRoots: String?
    /// Files of a certificate and its key.
    let certificate: (chain: String, key: String)?

    private typealias RequestPart = HTTPPart<HTTPRequestHead, ByteBuffer>
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, RequestPart>
    private typealias Parts = NIOAsyncChannelInboundStream<HTTPClientResponsePart>

    // MARK: Requests

    /// Carries a request out and gives the answer's bytes.
    func ask(_ method: HTTPMethod, _ path: [String], query: [(String, String)] = [], body: String? = nil) async throws
        -> [UInt8]
    {
        let bytes = body.map { ByteBuffer(string: $0) }
        let head = self.head(
            method, path, query: query, type: body == nil ? nil : "application/json",
            length: bytes?.readableBytes ?? (method == .GET || method == .DELETE ? nil : 0))
        return try await exchange(head) { writer in
            if let bytes { try await writer.write(.body(bytes)) }
        }
    }

    /// The same, with the answer read as what it is.
    func get<Value: Decodable>(
        _ type: Value.Type, _ method: HTTPMethod, _ path: [String], query: [(String, String)] = [], body: String? = nil
    ) async throws -> (value: Value, bytes: [UInt8]) {
        let bytes = try await ask(method, path, query: query, body: body)
        do {
            return (try JSONDecoder().decode(type, from: Data(bytes)), bytes)
        } catch {
            throw CommandError("the server's answer is not what was expected: \(error)")
        }
    }

    /// Writes the file that is the answer under a name that is free, durably, and gives its size.
    func download(_ path: [String], to name: String) async throws -> Int64 {
        let connection = try await connect()
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head(.GET, path, type: nil, length: nil)))
            try await outbound.write(.end(nil))
            let file = try WorkingFile(creating: name)
            var written: Int64 = 0
            var refusal: [UInt8] = []
            let head = try await Self.receive(inbound) { head, bytes in
                guard head.status == .ok else { return refusal += bytes.readableBytesView }
                try file.write(Array(bytes.readableBytesView))
                written += Int64(bytes.readableBytes)
            }
            try Self.check(head, refusal)
            guard head.headers.first(name: "content-length").flatMap({ Int64($0) }) == written else {
                throw CommandError("the backup is not complete: \(written) bytes of it came")
            }
            try file.sync()
            return written
        }
    }

    /// Sends a file and gives the answer's bytes.
    func upload(_ path: [String], from name: String) async throws -> [UInt8] {
        let size: Int64
        do {
            size = try WorkingFile(reading: name).size
        } catch {
            throw CommandError("\(error)")
        }
        let head = self.head(.PUT, path, type: "application/vnd.sqlite3", length: Int(size))
        return try await exchange(head) { writer in
            let file = try WorkingFile(reading: name)
            var offset: Int64 = 0
            while offset < size {
                let part = try file.read(min(Self.partSize, Int(size - offset)), at: offset)
                guard !part.isEmpty else { throw CommandError("\(name) has become shorter") }
                try await writer.write(.body(ByteBuffer(bytes: part)))
                offset += Int64(part.count)
            }
        }
    }

    // MARK: HTTP

    private func head(
        _ method: HTTPMethod, _ path: [String], query: [(String, String)] = [], type: String?, length: Int?
    ) -> HTTPRequestHead {
        var uri = "/admin/" + path.map(Self.encoded).joined(separator: "/")
        if !query.isEmpty {
            uri += "?" + query.map { "\(Self.encoded($0.0))=\(Self.encoded($0.1))" }.joined(separator: "&")
        }
        var headers = HTTPHeaders([("Host", address.host), ("Connection", "close")])
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let type { headers.add(name: "Content-Type", value: type) }
        if let length { headers.add(name: "Content-Length", value: "\(length)") }
        return HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers)
    }

    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            if isPlain || "-._~".utf8.contains(byte) {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private func exchange(
        _ head: HTTPRequestHead,
        send: @escaping @Sendable (NIOAsyncChannelOutboundWriter<RequestPart>) async throws -> Void
    ) async throws -> [UInt8] {
        let connection = try await connect()
        return try await connection.executeThenClose { inbound, outbound in
            // A server that refuses a long body answers before it has come.
            async let sending: Void = Self.sendAll(head, to: outbound, send)
            var answer: [UInt8] = []
            let head: HTTPResponseHead
            do {
                head = try await Self.receive(inbound) { _, bytes in
                    answer += bytes.readableBytesView
                    guard answer.count <= Self.answerMax else { throw CommandError("the server's answer is too long") }
                }
            } catch {
                // Why nothing came may be that nothing could be sent.
                try await sending
                throw error
            }
            try Self.check(head, answer)
            return answer
        }
    }

    private static func sendAll(
        _ head: HTTPRequestHead, to outbound: NIOAsyncChannelOutboundWriter<RequestPart>,
        _ send: (NIOAsyncChannelOutboundWriter<RequestPart>) async throws -> Void
    ) async throws {
        try await outbound.write(.head(head))
        try await send(outbound)
        try await outbound.write(.end(nil))
    }

    /// Takes the answer up to its end, and gives its head.
    private static func receive(_ parts: Parts, body: (HTTPResponseHead, ByteBuffer) throws -> Void) async throws
        -> HTTPResponseHead
    {
        var answer: HTTPResponseHead?
        for try await part in parts {
            switch part {
            case .head(let head): if head.status.code >= 200 { answer = head }
            case .body(let bytes): if let answer { try body(answer, bytes) }
            case .end: if let answer { return answer }
            }
        }
        throw CommandError(
            answer == nil
                ? "the server closed the connection without an answer" : "the server's answer broke off")
    }

    private struct Refusal: Decodable {
        let error: String
        let code: String?
    }

    private static func check(_ head: HTTPResponseHead, _ answer: [UInt8]) throws {
        guard !(200..<300).contains(head.status.code) else { return }
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer)) {
            throw CommandError(refusal.error + (refusal.code.map { " (\($0))" } ?? ""))
        }
        if head.status == .notFound { throw CommandError("this server has no administration: is it an older one?") }
        throw CommandError(
            "the server answered \(head.status.code): \(String(decoding: answer.prefix(200), as: UTF8.self))")
    }

    // MARK: Connections

    private func connect() async throws -> Connection {
        let security = try self.security()
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(5))
        do {
            switch address.endpoint {
            case .host(let name, let port):
                // A certificate does not name an address as a server.
                let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
                return try await bootstrap.connect(host: name, port: port) {
                    Self.prepare($0, security, serverName: isAddress ? nil : name)
                }
            case .unixSocket(let path):
                return try await bootstrap.connect(unixDomainSocketPath: path) {
                    Self.prepare($0, security, serverName: nil)
                }
            }
        } catch {
            throw CommandError("cannot connect to \(address.host): \(error)")
        }
    }

    private static func prepare(_ channel: any Channel, _ security: NIOSSLContext?, serverName: String?)
        -> EventLoopFuture<Connection>
    {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let security {
                try pipeline.addHandler(NIOSSLClientHandler(context: security, serverHostname: serverName))
            }
            try pipeline.addHTTPClientHandlers()
            try pipeline.addHandler(RequestPartEncoder())
            return try Connection(wrappingChannelSynchronously: channel)
        }
    }

    private func security() throws -> NIOSSLContext? {
        guard address.isSecure else { return nil }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.applicationProtocols = ["http/1.1"]
            if let trustRoots { configuration.trustRoots = .file(trustRoots) }
            if let certificate {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate.chain).map {
                    .certificate($0)
                }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
            }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CommandError("the TLS files cannot be used: \(error)")
        }
    }
}

/// Hands requests whose bodies are bytes to NIO's encoder, which also takes regions of files.
private final class RequestPartEncoder: ChannelOutboundHandler {
    typealias OutboundIn = HTTPPart<HTTPRequestHead, ByteBuffer>
    typealias OutboundOut = HTTPClientRequestPart

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let bytes): context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end(let trailers): context.write(wrapOutboundOut(.end(trailers)), promise: promise)
        }
    }
}
