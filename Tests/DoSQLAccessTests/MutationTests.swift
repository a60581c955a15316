import DoSQLAccess
import Testing

/// Good tokens, changed at random: none is granted. A seed that fails is in the message, and fails again.
@Suite struct MutationTests {
    /// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>): the same numbers for a seed, everywhere.
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static func mutated(_ tokens: [[UInt8]], _ random: inout Random) -> [UInt8] {
        guard var token = tokens.randomElement(using: &random) else { return [] }
        for _ in 0...Int.random(in: 0..<3, using: &random) where !token.isEmpty {
            let place = Int.random(in: 0..<token.count, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: token[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: token[place] = UInt8.random(in: .min ... .max, using: &random)
            case 2: token[place] = Array("AQgw.-_=+/".utf8).randomElement(using: &random) ?? 0
            case 3: token.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
            case 4: token.remove(at: place)
            case 5: token.removeSubrange(place...)
            case 6: token.swapAt(place, Int.random(in: 0..<token.count, using: &random))
            case 7: token.insert(contentsOf: token[place...].prefix(8), at: place)
            default:
                // A part of another token in the place of this one's.
                var parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                let other = tokens.randomElement(using: &random)?.split(separator: UInt8(ascii: ".")) ?? []
                let part = Int.random(in: 0..<parts.count, using: &random)
                if part < other.count { parts[part] = other[part] }
                token = Array(parts.joined(separator: [UInt8(ascii: ".")]))
            }
        }
        return token
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `no changed token is granted`(_ seed: UInt64) async throws {
        let folder = try TokenFolder()
        let (ed, es, hs, key) = (Issuer.edDSA(), Issuer.es256(), Issuer.hs256(), APIKey())
        try folder.trust(ed, id: "d")
        try folder.trust(es, id: "e")
        try folder.trust(hs, id: "h")
        try folder.trust([
            KeyRecord(of: key, name: "", created: now, expires: nil, grants: [Grant(tenants: [.every], rights: .all)])
        ])
        let authority = try folder.authority()
        var tokens = [Array(key.text.utf8), Array(APIKey().text.utf8)]
        for (issuer, id) in [(ed, "d"), (es, "e"), (hs, "h")] {
            tokens.append(Array(try issuer.token(claims(#""sub":"ann""#), id: id).utf8))
            tokens.append(Array(try issuer.token(claims(exp: "1700000000"), id: id).utf8))
        }
        let good = Set(tokens)
        var random = Random(state: seed)
        for round in 0..<2_000 {
            let token = Self.mutated(tokens, &random)
            guard !good.contains(token) else { continue }
            let verdict = await authority.judge(token)
            #expect(verdict.access == nil, "seed \(seed), round \(round): \(String(decoding: token, as: UTF8.self))")
            #expect(verdict != .unverified, "seed \(seed), round \(round)")
        }
    }
}
