extension DoSQLClient {
    /// How a connection is secured (`protocol/handshake.md`, *TLS*): TLS 1.2 or 1.3. The server's certificate is always
    /// checked, and that it is the host's; what cannot be trusted is ``DoSQLError/Code/certificateUntrusted``.
    public struct TLS: Hashable, Sendable {
        /// Certificates in PEM.
        public enum Certificates: Hashable, Sendable {
            /// A file's.
            case file(String)
            /// These bytes.
            case pem([UInt8])
        }

        /// What the server's certificate must come from; nil: what the system trusts.
        public var trustRoots: Certificates?
        /// This side's own certificate, with those between it and what the server trusts, for servers that ask for one.
        public var certificates: Certificates?
        /// The private key that belongs to it.
        public var key: Certificates?
        /// The name that the server's certificate must have; nil: the endpoint's host.
        public var serverName: String?

        /// The defaults: what the system trusts, the name of the endpoint, no certificate of this side's.
        public init(trustRoots: Certificates? = nil, serverName: String? = nil) {
            self.trustRoots = trustRoots
            self.serverName = serverName
        }
    }
}
