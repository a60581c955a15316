import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Makes the handlers that stand between a client's sockets and its frames where TLS is asked for.
final class TLSHandlers: Sendable {
    private let tls: DoSQLClient.TLS
    private let context = Mutex<NIOSSLContext?>(nil)

    init(_ tls: DoSQLClient.TLS) { self.tls = tls }

    /// What handlers are made of. Files are read once, and not on an event loop.
    /// - Throws: ``DoSQLError`` with the code `CONFIGURATION`, which names what cannot be used.
    func prepare() async throws -> NIOSSLContext {
        if let context = context.withLock({ $0 }) { return context }
        let made = try await NIOThreadPool.singleton.runIfActive { [tls] in try Self.context(tls) }
        context.withLock { $0 = made }
        return made
    }

    /// The handlers for one connection, in their order from the socket.
    func make(_ context: NIOSSLContext, to endpoint: DoSQLURL.Endpoint) throws -> [any ChannelHandler] {
        let name: String? =
            switch (tls.serverName, endpoint) {
            case (let name?, _): name
            case (nil, .host(let host, _)): host
            case (nil, .unixSocket): nil
            }
        // An address has no SNI; the handler looks for the address of the socket in the certificate.
        let hostName = name.flatMap { (try? SocketAddress(ipAddress: $0, port: 0)) == nil ? $0 : nil }
        let handler = try NIOSSLClientHandler(context: context, serverHostname: hostName)
        return [handler, ServerNameCheck(hostName, handler)]
    }

    private static func context(_ tls: DoSQLClient.TLS) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let roots = tls.trustRoots { configuration.trustRoots = .certificates(try certificates(roots)) }
        switch (tls.certificates, tls.key) {
        case (let chain?, let key?):
            configuration.certificateChain = try certificates(chain).map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(key))
        case (nil, nil): break
        default: throw DoSQLError(.configuration, "a certificate and its key come together")
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw DoSQLError(
                .configuration, "TLS cannot be set up: does the key belong to the certificate?", underlying: error)
        }
    }

    private static func certificates(_ source: DoSQLClient.TLS.Certificates) throws -> [NIOSSLCertificate] {
        do {
            let found =
                switch source {
                case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
                case .pem(let bytes): try NIOSSLCertificate.fromPEMBytes(bytes)
                }
            if !found.isEmpty { return found }
        } catch {
            throw DoSQLError(.configuration, "there is no certificate in \(source.name)", underlying: error)
        }
        throw DoSQLError(.configuration, "there is no certificate in \(source.name)")
    }

    private static func privateKey(_ source: DoSQLClient.TLS.Certificates) throws -> NIOSSLPrivateKey {
        do {
            return switch source {
            case .file(let path): try NIOSSLPrivateKey(file: path, format: .pem)
            case .pem(let bytes): try NIOSSLPrivateKey(bytes: bytes, format: .pem)
            }
        } catch {
            throw DoSQLError(.configuration, "there is no private key in \(source.name)", underlying: error)
        }
    }
}

extension DoSQLClient.TLS.Certificates {
    /// For messages.
    fileprivate var name: String {
        switch self {
        case .file(let path): path
        case .pem: "the bytes that were given"
        }
    }
}
