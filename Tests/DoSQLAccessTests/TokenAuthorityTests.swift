import JWTKit
import Testing

@testable import DoSQLAccess

@Suite struct TokenAuthorityTests {
    private let grants = [Grant(tenants: [.every], rights: .read)]

    private func record(_ key: APIKey, grants: [Grant]? = nil, expires: UInt64? = nil) -> KeyRecord {
        KeyRecord(of: key, name: "billing", created: now, expires: expires, grants: grants ?? self.grants)
    }

    @Test func `without keys nobody gets in`() async throws {
        let folder = try TokenFolder()
        try folder.trust([])
        let authority = try folder.authority()
        #expect(authority.isEmpty)
        #expect(await authority.judge("") == .refused(.missing))
        #expect(await authority.judge(APIKey().text) == .refused(.unknownToken))
        #expect(await authority.judge(try Issuer.edDSA().token(claims())) == .refused(.unknownKey))
    }

    @Test func `the only key needs no id, and takes every kid`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.edDSA()
        try folder.trust(issuer)
        let authority = try folder.authority()
        #expect(!authority.isEmpty)
        #expect(await authority.judge(try issuer.token(claims())).access != nil)
        #expect(await authority.judge(try issuer.token(claims(), id: "2026-11")).access != nil)
        #expect(await authority.judge(try Issuer.edDSA().token(claims(), id: "2026-11")) == .refused(.badSignature))
    }

    @Test func `the only key, with an id, takes tokens without kid, and with its own`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.es256()
        try folder.trust(issuer, id: "a")
        let authority = try folder.authority()
        #expect(await authority.judge(try issuer.token(claims())).access != nil)
        #expect(await authority.judge(try issuer.token(claims(), id: "a")).access != nil)
        #expect(await authority.judge(try issuer.token(claims(), id: "b")) == .refused(.unknownKey))
    }

    @Test func `keys that cannot be told apart are refused`() throws {
        let twice = try TokenFolder()
        try twice.trust(.edDSA(), id: "a")
        try twice.trust(.es256(), id: "a")
        #expect(throws: TokenFileError.self) { try twice.authority() }
        let nameless = try TokenFolder()
        try nameless.trust(.edDSA(), id: "a")
        try nameless.trust(.es256())
        #expect(throws: TokenFileError.self) { try nameless.authority() }
    }

    @Test func `what JWTKit signs is granted`() async throws {
        let key = try EdDSA.PrivateKey()
        let folder = try TokenFolder()
        let path = try folder.write(key.publicKey.pemRepresentation, to: "key.pem", mode: 0o644)
        folder.configuration.signingKeys = [.init(algorithm: .edDSA, path: path, id: "a")]
        let authority = try folder.authority()
        let token = try await JWTKeyCollection().add(eddsa: key, kid: "a").sign(Payload(exp: 1_800_000_600), kid: "a")
        #expect(await authority.judge(token).access?.access(to: "acme")?.rights == .read)
    }

    private struct Payload: JWTPayload {
        var exp: Int
        var dosql = ["tenants": ["acme"], "rights": ["read"]]

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    @Test func `what was granted ends with its time, without its signature being checked again`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        let authority = try folder.authority()
        let token = Array(try issuer.token(claims()).utf8)
        let access = try #require(await authority.judge(token).access)
        #expect(authority.verdict(for: token.span, now: 1_800_000_599_999) == .granted(access))
        #expect(authority.verdict(for: token.span, now: 1_800_000_600_000) == .refused(.expired))
        #expect(await authority.verify(token, now: 1_800_000_600_000) == .refused(.expired))
        #expect(authority.isStillGood(access, now: 1_800_000_599_999))
        #expect(!authority.isStillGood(access, now: 1_800_000_600_000))
    }

    @Test func `a refusal is remembered for a while`() async throws {
        let folder = try TokenFolder()
        try folder.trust(Issuer.hs256())
        let authority = try folder.authority()
        let token = Array(try Issuer.hs256(secret: Array(repeating: 1, count: 32)).token(claims()).utf8)
        #expect(authority.verdict(for: token.span, now: now) == .unverified)
        #expect(await authority.verify(token, now: now) == .refused(.badSignature))
        #expect(authority.verdict(for: token.span, now: now + 9_999) == .refused(.badSignature))
        #expect(authority.verdict(for: token.span, now: now + 10_000) == .unverified)
    }

    @Test func `a token that was too early is good later`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        let authority = try folder.authority()
        let token = try issuer.token(claims(#""nbf":1800000100"#))
        #expect(await authority.judge(token) == .refused(.notYetValid))
        #expect(await authority.judge(token, at: now + 100_000).access != nil)
    }

    @Test func `a flood of forged tokens displaces no good one`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        let authority = try folder.authority()
        let good = Array(try issuer.token(claims()).utf8)
        #expect(await authority.verify(good, now: now).access != nil)
        for number in 0..<(AccessLimits.refusedMax * 2 + 10) {
            #expect(
                await authority.verify(Array("e30.e30.\(Issuer.encode("\(number)".utf8))".utf8), now: now).access == nil
            )
        }
        #expect(authority.verdict(for: good.span, now: now).access != nil)
    }

    @Test func `a reload that changes nothing moves nothing`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        let authority = try folder.authority()
        let token = Array(try issuer.token(claims()).utf8)
        _ = await authority.verify(token, now: now)
        try authority.reload()
        #expect(authority.generation == 0)
        #expect(authority.verdict(for: token.span, now: now).access != nil)
    }

    @Test func `a revoked token is refused from the reload on, and its connections end`() async throws {
        let folder = try TokenFolder()
        let (issuer, key) = (Issuer.hs256(), APIKey())
        try folder.trust(issuer)
        try folder.trust([record(key)])
        try folder.revoke("another")
        let authority = try folder.authority()
        let token = try issuer.token(claims(#""jti":"t-1""#))
        let accesses = [
            try #require(await authority.judge(token).access), try #require(await authority.judge(key.text).access),
        ]
        try folder.revoke("another", "t-1", key.id)
        for access in accesses { #expect(authority.isStillGood(access, now: now)) }
        try authority.reload()
        #expect(authority.generation == 1)
        for access in accesses { #expect(!authority.isStillGood(access, now: now)) }
        #expect(await authority.judge(token) == .refused(.revoked))
        #expect(await authority.judge(key.text) == .refused(.revoked))
    }

    @Test func `keys change one behind the other`() async throws {
        let folder = try TokenFolder()
        let (old, new) = (Issuer.edDSA(), Issuer.edDSA())
        let path = try folder.write(Self.jwks([(old, "2026")]), to: "jwks.json", mode: 0o644)
        folder.configuration.keySets = [.init(path: path)]
        let authority = try folder.authority()
        let (oldToken, newToken) = (try old.token(claims(), id: "2026"), try new.token(claims(), id: "2027"))
        let access = try #require(await authority.judge(oldToken).access)
        #expect(await authority.judge(newToken) == .refused(.unknownKey))

        try folder.write(Self.jwks([(old, "2026"), (new, "2027")]), to: "jwks.json", mode: 0o644)
        try authority.reload()
        #expect(authority.isStillGood(access, now: now))
        #expect(await authority.judge(oldToken).access != nil)
        #expect(await authority.judge(newToken).access != nil)

        try folder.write(Self.jwks([(new, "2027")]), to: "jwks.json", mode: 0o644)
        try authority.reload()
        #expect(!authority.isStillGood(access, now: now))
        #expect(await authority.judge(oldToken) == .refused(.unknownKey))
        #expect(await authority.judge(newToken).access != nil)
        #expect(authority.generation == 2)
    }

    /// Another key under an old id: what the first had signed is worth nothing any more.
    @Test func `a key that is replaced under its id ends what it vouched for`() async throws {
        let folder = try TokenFolder()
        let (old, new) = (Issuer.es256(), Issuer.es256())
        try folder.trust(old, id: "a")
        let authority = try folder.authority()
        let token = try old.token(claims(), id: "a")
        let access = try #require(await authority.judge(token).access)
        try folder.write(new.keyFile, to: "ES256-a.key")
        try authority.reload()
        #expect(!authority.isStillGood(access, now: now))
        #expect(await authority.judge(token) == .refused(.badSignature))
    }

    private static func jwks(_ issuers: [(Issuer, String)]) throws -> String {
        let keys = try issuers.map { issuer, id in
            let key = try EdDSA.PublicKey(pem: String(decoding: issuer.keyFile, as: UTF8.self))
            return
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"\(id)\",\"x\":\"\(Issuer.encode(key.rawRepresentation))\"}"
        }
        return "{\"keys\":[\(keys.joined(separator: ","))]}"
    }

    @Test func `an API key that is taken away or allows something else now ends what it granted`() async throws {
        let folder = try TokenFolder()
        let (stays, leaves, changes) = (APIKey(), APIKey(), APIKey())
        try folder.trust([record(stays), record(leaves), record(changes)])
        let authority = try folder.authority()
        let accesses = try await [stays, leaves, changes].map { $0.text }.asyncMap { token in
            try #require(await authority.judge(token).access)
        }
        try folder.trust([
            record(stays), record(changes, grants: [Grant(tenants: [.every], rights: [])]), record(APIKey()),
        ])
        try authority.reload()
        #expect(accesses.map { authority.isStillGood($0, now: now) } == [true, false, false])
        #expect(await authority.judge(leaves.text) == .refused(.unknownToken))
    }

    @Test func `a file that cannot be used leaves everything as it was`() async throws {
        let folder = try TokenFolder()
        let (issuer, key, newer) = (Issuer.hs256(), APIKey(), APIKey())
        try folder.trust(issuer)
        try folder.trust([record(key)])
        let authority = try folder.authority()
        let token = try issuer.token(claims())
        let access = try #require(await authority.judge(token).access)
        // One file is better than before, the other is broken: neither counts.
        try folder.trust([record(newer)])
        for broken in [Array("short".utf8), [], Issuer.edDSA().keyFile] {
            try folder.write(broken, to: "HS256-only.key")
            #expect(throws: TokenFileError.self) { try authority.reload() }
        }
        try folder.write(issuer.keyFile, to: "HS256-only.key", mode: 0o644)
        #expect(throws: TokenFileError.self) { try authority.reload() }
        #expect(authority.generation == 0)
        #expect(authority.isStillGood(access, now: now))
        #expect(await authority.judge(key.text).access != nil)
        #expect(await authority.judge(newer.text) == .refused(.unknownToken))

        try folder.write(issuer.keyFile, to: "HS256-only.key")
        try authority.reload()
        #expect(await authority.judge(newer.text).access != nil)
        #expect(authority.isStillGood(access, now: now))
    }

    /// A token that is revoked while its signature is checked must not be remembered as good.
    @Test func `what was found before a reload does not count behind it`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        try folder.revoke("nobody")
        let authority = try folder.authority()
        let token = Array(try issuer.token(claims(#""jti":"t-1""#)).utf8)
        let early = await authority.finding(on: token, now: now)
        #expect(early.verdict.access != nil)
        try folder.revoke("t-1")
        try authority.reload()
        #expect(!authority.remember(early, now: now))
        #expect(authority.verdict(for: token.span, now: now) == .unverified)

        let late = await authority.finding(on: token, now: now)
        #expect(late.verdict == .refused(.revoked))
        #expect(authority.remember(late, now: now))
        #expect(authority.verdict(for: token.span, now: now) == .refused(.revoked))
    }

    /// Reloads while tokens are judged: whatever is granted is granted by one state of the files or the other.
    @Test func `reloads and verifications at the same time`() async throws {
        let folder = try TokenFolder()
        let issuer = Issuer.hs256()
        try folder.trust(issuer)
        try folder.revoke("nobody")
        let authority = try folder.authority()
        let token = try issuer.token(claims(#""jti":"t-1""#))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<200 {
                        let verdict = await authority.judge(token)
                        #expect(verdict.access != nil || verdict == .refused(.revoked))
                    }
                }
            }
            for round in 0..<50 {
                #expect(throws: Never.self) {
                    try folder.revoke(round % 2 == 0 ? "t-1" : "nobody")
                    try authority.reload()
                }
            }
        }
        #expect(authority.generation == 50)
        #expect(await authority.judge(token).access != nil)
        try folder.revoke("t-1")
        try authority.reload()
        #expect(await authority.judge(token) == .refused(.revoked))
    }

    @Test func `no message tells a secret`() async throws {
        let folder = try TokenFolder()
        let key = APIKey()
        try folder.trust([record(key, expires: now)])
        let authority = try folder.authority()
        let errors = [
            try #require(await authority.judge(key.text).refusal),
            try #require(await authority.judge(APIKey().text).refusal),
        ]
        for error in errors {
            #expect(!error.message.isEmpty)
            #expect(!error.message.contains(key.id) && !error.message.contains(key.text.suffix(43)))
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
