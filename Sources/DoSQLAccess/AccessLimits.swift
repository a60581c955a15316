/// The bounds of tokens and of the files that say which are good (`protocol/authentication.md`, Limits).
public enum AccessLimits {
    /// Bytes of a token. HELLO may carry no more before it has been accepted, and it fits every HTTP header.
    public static let tokenBytesMax = 8_192
    /// Levels of objects and lists in a token's JSON: grants need five, other issuers' claims a few more.
    public static let jsonDepthMax = 16
    /// Bytes of a pattern of tenants or tables: a tenant's name has no more.
    public static let patternBytesMax = 128
    /// Bytes of a file of keys or of revoked tokens: some ten thousand records, and no accident fills the memory.
    public static let fileBytesMax = 16 << 20
    /// Bytes of a key's id (`kid`), and of a token's (`jti`).
    public static let idBytesMax = 256
    /// Bytes of an HS256 secret at least: as long as its hash (RFC 7518, 3.2).
    public static let secretBytesMin = 32
    /// Milliseconds by which an issuer's clock may be ahead of ours, for `nbf` and `iat`. `exp` has no leeway.
    public static let clockLeeway: UInt64 = 30_000
    /// Milliseconds a JWT may be good for unless its key says otherwise: 30 days.
    public static let lifetimeMax: UInt64 = 30 * 86_400_000
    /// Verified JWTs that are remembered, so that their signatures are not checked again.
    public static let grantedMax = 8_192
    /// Refused JWTs that are remembered, apart from the good ones, so that a flood of them displaces none.
    public static let refusedMax = 4_096
    /// Milliseconds a refusal is remembered.
    public static let refusedTime: UInt64 = 10_000
}
