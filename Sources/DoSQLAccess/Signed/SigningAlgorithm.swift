/// The algorithms whose signatures are taken, by their names in a JWT's header (RFC 7518, 3.1; RFC 8037, 3.1).
public enum SigningAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// Ed25519. The server has the public key, so it can make no tokens.
    case edDSA = "EdDSA"
    /// ECDSA with the curve P-256 and SHA-256. The server has the public key.
    case es256 = "ES256"
    /// HMAC with SHA-256: whoever can check a token can make one.
    case hs256 = "HS256"
}
