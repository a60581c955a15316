/// What a server shows of itself and asks of its clients, as files that hold PEM (RFC 7468).
public struct TLSFiles: Hashable, Sendable {
    /// Whether clients must show a certificate of theirs.
    public enum ClientCertificates: String, Hashable, Sendable, CaseIterable {
        /// Nobody gets in without.
        case required
        /// Whoever shows one must show a good one.
        case optional
    }

    /// The server's certificate, then those between it and a root that clients know.
    public var certificate: String
    /// The private key that belongs to it; not encrypted.
    public var key: String
    /// The certificates that those of clients must come from; nil: clients are not asked.
    public var clientCA: String?
    /// Whether clients must show one; matters where ``clientCA`` is.
    public var clientCertificates: ClientCertificates

    /// Files by their paths.
    public init(
        certificate: String, key: String, clientCA: String? = nil, clientCertificates: ClientCertificates = .required
    ) {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
        self.clientCertificates = clientCertificates
    }
}
