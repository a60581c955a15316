import Crypto
import DoSQLAccess
import Foundation
import Testing

@Suite struct APIKeyTests {
    private let grants = [Grant(tenants: [.every], rights: .read)]

    private func record(_ key: APIKey, expires: UInt64? = nil, name: String = "billing") -> KeyRecord {
        KeyRecord(of: key, name: name, created: now, expires: expires, grants: grants)
    }

    @Test func `a key looks as the page says, and no two are the same`() throws {
        let keys = (0..<100).map { _ in APIKey() }
        for key in keys {
            #expect(key.text.wholeMatch(of: /dsk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}/) != nil)
            #expect(key.text.hasPrefix("dsk_\(key.id)_"))
            // As anybody can check: printf %s "$KEY" | sha256sum
            #expect(key.digest == Array(SHA256.hash(data: Data(key.text.utf8))))
        }
        #expect(Set(keys.map(\.id)).count == 100 && Set(keys.map(\.text)).count == 100)
    }

    @Test func `a key is granted at once, with what its record says`() async throws {
        let folder = try TokenFolder()
        let key = APIKey()
        try folder.trust([record(APIKey()), record(key, expires: now + 5_000), record(APIKey())])
        let authority = try folder.authority()
        let verdict = authority.verdict(for: Array(key.text.utf8).span, now: now)
        let access = try #require(verdict.access)
        #expect(access.subject == "billing" && access.tokenID == key.id && access.expiresAt == now + 5_000)
        #expect(access.grants == grants)
        #expect(await authority.verify(Array(key.text.utf8), now: now) == verdict)
    }

    @Test func `a key ends when its time is up`() async throws {
        let folder = try TokenFolder()
        let key = APIKey()
        try folder.trust([record(key, expires: now + 5_000)])
        let authority = try folder.authority()
        let access = try #require(await authority.judge(key.text, at: now + 4_999).access)
        #expect(await authority.judge(key.text, at: now + 5_000) == .refused(.expired))
        #expect(authority.isStillGood(access, now: now + 4_999))
        #expect(!authority.isStillGood(access, now: now + 5_000))
    }

    @Test func `another secret, another id and a key nobody made are one error`() async throws {
        let folder = try TokenFolder()
        let (key, other) = (APIKey(), APIKey())
        try folder.trust([record(key), record(other)])
        let authority = try folder.authority()
        let mixed = "dsk_\(key.id)_\(other.text.suffix(43))"
        for token in [mixed, APIKey().text, key.text.replacing("dsk_\(key.id)", with: "dsk_0123456789abcdef")] {
            #expect(await authority.judge(token) == .refused(.unknownToken))
        }
    }

    @Test func `what only looks like a key is malformed`() async throws {
        let folder = try TokenFolder()
        let key = APIKey()
        try folder.trust([record(key)])
        let authority = try folder.authority()
        let tokens = [
            "dsk_", "dsk_\(key.id)", "dsk_\(key.id)_", key.text + "\n", key.text + "A", key.text + "\u{0}",
            String(key.text.dropLast()), key.text.replacing(key.id, with: key.id.uppercased() + "é"),
            "dsk_" + String(repeating: "a", count: 8_000),
        ]
        for token in tokens { #expect(await authority.judge(token) == .refused(.malformed), "\(token)") }
        // Not meant to be one at all.
        for token in [" " + key.text, key.text.uppercased(), "Bearer " + key.text] {
            #expect(await authority.judge(token) == .refused(.malformed), "\(token)")
        }
    }

    /// The last of 43 characters of base64url has four bits to spare; here the text counts, not what it decodes to.
    @Test func `a key has one spelling`() async throws {
        let folder = try TokenFolder()
        let key = APIKey()
        try folder.trust([record(key)])
        let authority = try folder.authority()
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        var granted = 0
        for character in alphabet where await authority.judge(key.text.dropLast() + String(character)).access != nil {
            granted += 1
        }
        #expect(granted == 1)
    }

    @Test func `revoked in its record or on the list`() async throws {
        let folder = try TokenFolder()
        let (first, second, third) = (APIKey(), APIKey(), APIKey())
        var revoked = record(first)
        revoked.revoked = now
        try folder.trust([revoked, record(second), record(third)])
        try folder.revoke(second.id, third.text)
        let authority = try folder.authority()
        #expect(await authority.judge(first.text) == .refused(.revoked))
        #expect(await authority.judge(second.text) == .refused(.revoked))
        // By their ids, not by their texts.
        #expect(await authority.judge(third.text).access != nil)
        // Whoever only knows the id learns nothing.
        #expect(await authority.judge("dsk_\(first.id)_\(second.text.suffix(43))") == .refused(.unknownToken))
    }

    @Test func `nothing that is kept shows the key`() throws {
        let key = APIKey()
        var file = KeyFile()
        file.add(record(key))
        #expect(!file.text.contains(key.text.suffix(43)))
    }
}
