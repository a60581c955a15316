/// Why a token is not accepted: `UNAUTHENTICATED` on every face (`protocol/authentication.md`). What is wrong with the
/// token's contents is told only once its signature or secret was right.
public enum AccessError: Error, Sendable, Hashable {
    /// There is no token, and the server wants one.
    case missing
    /// More bytes than ``AccessLimits/tokenBytesMax``.
    case tooLong
    /// Neither an API key nor a JWT in its one right form (RFC 7519, RFC 7515; base64url without padding or leftovers).
    case malformed
    /// An API key that was never made here: the id or the secret is wrong; which, is not told.
    case unknownToken
    /// The signature does not belong to what is signed.
    case badSignature
    /// The header names another algorithm than the key is for, or `none`.
    case wrongAlgorithm
    /// No key has the `kid` of the header, or there is none in it and several keys.
    case unknownKey
    /// The header demands, in `crit`, what the server does not know (RFC 7515, 4.1.11).
    case criticalHeader
    /// Past its `exp`, or its API key's expiry.
    case expired
    /// Before its `nbf` or `iat`, by more than the leeway.
    case notYetValid
    /// A JWT without `exp`.
    case missingExpiry
    /// A JWT that is good for longer than its key may make it.
    case lifetimeTooLong
    /// Not of the issuer that the key is for.
    case wrongIssuer
    /// Not made for this server: `aud` does not name it (RFC 7519, 4.1.3).
    case wrongAudience
    /// The claims of its payload are not what they have to be.
    case claims(GrantFault)
    /// Its id was revoked, or the API key was.
    case revoked

    /// The sentence for the client. It tells nothing of secrets, nor of which ids there are.
    public var message: String {
        switch self {
        case .missing: "a token is needed: none was sent"
        case .tooLong: "the token is longer than \(AccessLimits.tokenBytesMax) bytes"
        case .malformed: "the token is neither an API key nor a JWT"
        case .unknownToken: "the API key is not known"
        case .badSignature: "the token's signature is wrong"
        case .wrongAlgorithm: "the token's algorithm is not its key's"
        case .unknownKey: "no key has the token's kid"
        case .criticalHeader: "the token's header demands what is not supported (crit)"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .missingExpiry: "the token has no expiry (exp)"
        case .lifetimeTooLong: "the token is valid for longer than is allowed"
        case .wrongIssuer: "the token's issuer (iss) is not the one expected"
        case .wrongAudience: "the token is made for somebody else (aud)"
        case .claims(let fault): "the token's claims are wrong: \(fault.description)"
        case .revoked: "the token was revoked"
        }
    }
}
