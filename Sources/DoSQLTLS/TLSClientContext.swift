internal import NIOSSL

/// What sessions of a client share. For load generators and tests, which talk to a server without NIO's event loops; the
/// Swift client has NIO's handler in its own pipeline.
public struct TLSClientContext: Sendable {
    private let context: NIOSSLContext

    /// A client that trusts what comes from the certificates in a file, and checks names.
    ///
    /// - Parameters:
    ///   - trustRoots: the file (PEM); nil: what the system trusts.
    ///   - certificate: the files of the client's own certificate and its key, if it has one.
    ///   - versionMax: whether TLS 1.3 is spoken; without, 1.2.
    /// - Throws: ``TLSFileError``, which names the file.
    public init(
        trustRoots: String?, certificate: (chain: String, key: String)? = nil, allowsTLS13: Bool = true
    ) throws(TLSFileError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if !allowsTLS13 { configuration.maximumTLSVersion = .tlsv12 }
        if let trustRoots { configuration.trustRoots = .certificates(try PEMFile(trustRoots).certificates()) }
        configuration.applicationProtocols = ["http/1.1"]
        if let certificate {
            configuration.certificateChain = try PEMFile(certificate.chain).certificates().map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFile(certificate.key).key())
        }
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFileError(trustRoots ?? "the system's certificates", "a client cannot be made of it: \(error)")
        }
    }

    /// A client's session; ``TLSSession/begin(into:)`` has its first message.
    /// - Parameter serverName: the name that the server's certificate must have.
    /// - Throws: ``TLSFault`` where that cannot be a host's name.
    public func makeSession(serverName: String) throws(TLSFault) -> TLSSession {
        do {
            return TLSSession(try NIOSSLClientHandler(context: context, serverHostname: serverName))
        } catch {
            throw TLSFault(.handshake, reason: "\(error)")
        }
    }
}
