import Crypto

/// What a JWT says, read from the bytes whose signature was checked (RFC 7519, 4.1).
struct TokenClaims {
    let subject: String
    let id: String
    let grants: [Grant]
    private let issuer: String?
    private let audience: [String]?
    private let expiry: UInt64?
    private let notBefore: UInt64?
    private let issuedAt: UInt64?

    /// Reads the claims of a token.
    /// - Throws: `.malformed` if the payload is no JSON object, `.claims` if a claim is not what it should be.
    init(_ token: SignedToken) throws(AccessError) {
        guard let json = try? JSONParser.parse(token.payload), let claims = json.object else { throw .malformed }
        issuer = try Self.text(claims, "iss")
        subject = try Self.text(claims, "sub") ?? ""
        audience = try Self.audience(claims)
        expiry = try Self.time(claims, "exp")
        notBefore = try Self.time(claims, "nbf")
        issuedAt = try Self.time(claims, "iat")
        if let id = try Self.text(claims, "jti") {
            // What could not stand in the list of revoked tokens could not be revoked.
            guard RevocationList.isID(id) else {
                throw .claims(
                    .type(member: "jti", expected: "1 to \(AccessLimits.idBytesMax) bytes without spaces or #"))
            }
            self.id = id
        } else {
            // Not of the whole token: an ECDSA signature can be rewritten by whoever has it, and the id would be another.
            id = "sha256:" + Hexadecimal.encode(SHA256.hash(data: token.signed))
        }
        do {
            grants = try claims["dosql"].map { json throws(GrantFault) in try Grant.list(json, member: "dosql") } ?? []
        } catch {
            throw .claims(error)
        }
    }

    /// What the claims allow, if they hold now and keep to the key's rules.
    /// - Parameter now: milliseconds since 1970.
    func access(by key: SigningKey, now: UInt64) throws(AccessError) -> Access {
        guard let expiry else { throw .missingExpiry }
        guard expiry > now else { throw .expired }
        let latest = now.addingReportingOverflow(AccessLimits.clockLeeway).partialValue
        if let notBefore, notBefore > latest { throw .notYetValid }
        if let issuedAt, issuedAt > latest { throw .notYetValid }
        // Without `iat` a token is as old as its first use here.
        let birth = min(issuedAt ?? now, now)
        guard expiry - birth <= key.rules.lifetimeMax else { throw .lifetimeTooLong }
        if let wanted = key.rules.issuer {
            guard let issuer, issuer.utf8.elementsEqual(wanted.utf8) else { throw .wrongIssuer }
        }
        if let audience {
            guard let wanted = key.rules.audience, audience.contains(where: { $0.utf8.elementsEqual(wanted.utf8) })
            else {
                throw .wrongAudience
            }
        } else if key.rules.audience != nil {
            throw .wrongAudience
        }
        return Access(
            subject: subject, tokenID: id, expiresAt: expiry, grants: grants, voucher: .signingKey(digest: key.digest))
    }

    private static func text(_ claims: [String: JSONValue], _ member: String) throws(AccessError) -> String? {
        guard let value = claims[member] else { return nil }
        guard let text = value.string else { throw .claims(.type(member: member, expected: "a text")) }
        return text
    }

    private static func audience(_ claims: [String: JSONValue]) throws(AccessError) -> [String]? {
        switch claims["aud"] {
        case nil: return nil
        case .string(let text): return [text]
        case .array(let elements):
            let texts = elements.compactMap(\.string)
            if texts.count == elements.count { return texts }
        default: break
        }
        throw .claims(.type(member: "aud", expected: "a text or a list of texts"))
    }

    /// A NumericDate, in seconds and parts of them, as milliseconds (RFC 7519, 2).
    private static func time(_ claims: [String: JSONValue], _ member: String) throws(AccessError) -> UInt64? {
        guard let value = claims[member] else { return nil }
        // Up to here a Double holds every millisecond.
        guard case .number(let seconds) = value, seconds >= 0, seconds < 9_007_199_254_740 else {
            throw .claims(.type(member: member, expected: "a time in seconds since 1970"))
        }
        return UInt64(seconds * 1000)
    }
}
