/// What a key's tokens have to say besides being signed by it.
public struct SigningRules: Sendable, Hashable {
    /// What `iss` has to be; nil: anything, or nothing.
    public var issuer: String?
    /// What `aud` has to name; nil: a token made for anybody in particular is refused (RFC 7519, 4.1.3).
    public var audience: String?
    /// Milliseconds for which a token may be good.
    public var lifetimeMax = AccessLimits.lifetimeMax

    /// Rules of these parts.
    public init(issuer: String? = nil, audience: String? = nil, lifetimeMax: UInt64 = AccessLimits.lifetimeMax) {
        self.issuer = issuer
        self.audience = audience
        self.lifetimeMax = lifetimeMax
    }
}
