internal import NIOSSL
internal import Synchronization

/// What all sessions of a server share: its certificate, its key, what it asks of clients. From any thread.
///
/// TLS 1.2 and 1.3, the ciphers that NIO has by default, ALPN `http/1.1` for those who ask. Sessions are resumed by
/// tickets whose keys live as long as what was loaded: behind ``reload()`` nobody comes in by an earlier one.
public final class TLSServerContext: Sendable {
    private struct State {
        var context: NIOSSLContext
        var validity: CertificateValidity
    }

    /// Where it is loaded from.
    public let files: TLSFiles
    private let state: Mutex<State>

    /// Loads the files.
    /// - Throws: ``TLSFileError``, which names the file.
    public init(_ files: TLSFiles) throws(TLSFileError) {
        self.files = files
        state = Mutex(try Self.load(files))
    }

    /// Loads the files again, for sessions that begin from now on; the others go on as they are.
    /// - Throws: ``TLSFileError``; then everything stays as it was.
    public func reload() throws(TLSFileError) {
        let loaded = try Self.load(files)
        state.withLock { $0 = loaded }
    }

    /// When the certificate that is shown now is good.
    public var validity: CertificateValidity { state.withLock { $0.validity } }

    /// A server's session, which waits for the client's first message.
    public func makeSession() -> TLSSession {
        TLSSession(NIOSSLServerHandler(context: state.withLock { $0.context }))
    }

    private static func load(_ files: TLSFiles) throws(TLSFileError) -> State {
        let chain = try PEMFile(files.certificate).certificates()
        let key = try PEMFile(files.key, isSecret: true).key()
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clientCA = files.clientCA {
            configuration.trustRoots = .certificates(try PEMFile(clientCA).certificates())
            configuration.certificateVerification =
                files.clientCertificates == .required ? .noHostnameVerification : .optionalVerification
        }
        do {
            return State(
                context: try NIOSSLContext(configuration: configuration), validity: CertificateValidity(chain[0]))
        } catch {
            // Each is good by itself.
            throw TLSFileError(files.key, "this key does not belong to the certificate in \(files.certificate)")
        }
    }
}
