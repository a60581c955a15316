/// What one verified token may do, on every tenant (`protocol/authentication.md`).
public struct Access: Sendable, Hashable {
    /// Whom the token stands for: a JWT's `sub`, an API key's name. For logs; it decides nothing.
    public var subject: String
    /// What the token is revoked by: a JWT's `jti` (or `sha256:` and the hash of what was signed), an API key's id.
    public var tokenID: String
    /// When it ends, in milliseconds since 1970; nil: never.
    public var expiresAt: UInt64?
    /// What it may do; grants add up.
    public var grants: [Grant]
    /// What vouched for it, so that a reload that takes that away ends it.
    var voucher: Voucher

    /// What vouched for a token.
    enum Voucher: Sendable, Hashable {
        /// Nothing that a reload could take away.
        case none
        /// The record of an API key: its digest over secret, grants and expiry.
        case apiKey(id: String, digest: [UInt8])
        /// A key that signs tokens: its digest over key, algorithm, id and rules.
        case signingKey(digest: [UInt8])
    }

    /// The access of grants that nothing can take back but their expiry and the list of revoked tokens.
    public init(subject: String, tokenID: String, expiresAt: UInt64?, grants: [Grant]) {
        self.init(subject: subject, tokenID: tokenID, expiresAt: expiresAt, grants: grants, voucher: .none)
    }

    init(subject: String, tokenID: String, expiresAt: UInt64?, grants: [Grant], voucher: Voucher) {
        self.subject = subject
        self.tokenID = tokenID
        self.expiresAt = expiresAt
        self.grants = grants
        self.voucher = voucher
    }

    /// What a server without tokens lets everybody do.
    public static let everything = Access(
        subject: "", tokenID: "", expiresAt: nil, grants: [Grant(tenants: [.every], rights: .all)])

    /// What it may do on a tenant; nil: nothing.
    /// - Parameter tenant: the tenant's name, as a client wrote it and the server found it valid.
    public func access(to tenant: String) -> TenantAccess? {
        let matching = grants.filter { grant in grant.tenants.contains { $0.matches(tenant) } }
        guard !matching.isEmpty else { return nil }
        let access = TenantAccess(of: matching)
        return access.rights.isEmpty ? nil : access
    }

    /// Whether it has all these rights on every tenant there is or will be: what the whole server's figures need.
    public func holdsEverywhere(_ rights: Rights) -> Bool {
        let everywhere = grants.filter { grant in grant.tenants.contains(where: \.isEvery) }
        return TenantAccess(of: everywhere).rights.isSuperset(of: rights)
    }

    /// Whether it has all these rights on some tenants, which need not be there.
    public func holdsSomewhere(_ rights: Rights) -> Bool {
        grants.contains { !$0.tenants.isEmpty && $0.rights.isSuperset(of: rights) }
    }

    /// Whether its time has run out.
    /// - Parameter now: milliseconds since 1970.
    public func isExpired(at now: UInt64) -> Bool {
        expiresAt.map { $0 <= now } ?? false
    }
}
