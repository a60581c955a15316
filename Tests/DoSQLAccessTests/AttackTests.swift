import Foundation
import Testing

@testable import DoSQLAccess

/// JWTs as somebody makes them who wants in.
@Suite struct AttackTests {
    /// A server that trusts one issuer of each kind, by the ids `d`, `e` and `h`.
    private struct Server {
        let folder: TokenFolder
        let ed = Issuer.edDSA()
        let es = Issuer.es256()
        let hs = Issuer.hs256()
        let authority: TokenAuthority

        init(rules: SigningRules = SigningRules(), revoked: [String] = []) throws {
            folder = try TokenFolder()
            try folder.trust(ed, id: "d", rules: rules)
            try folder.trust(es, id: "e", rules: rules)
            try folder.trust(hs, id: "h", rules: rules)
            folder.configuration.revocationFile = try folder.write(revoked.joined(separator: "\n"), to: "revoked")
            authority = try folder.authority()
        }

        var issuers: [(issuer: Issuer, id: String)] { [(ed, "d"), (es, "e"), (hs, "h")] }
    }

    @Test func `a right token of each issuer is granted what it says`() async throws {
        let server = try Server()
        for (issuer, id) in server.issuers {
            let token = try issuer.token(claims(#""sub":"ann","jti":"t-1""#), id: id)
            #expect(server.authority.verdict(for: Array(token.utf8).span, now: now) == .unverified)
            let access = try #require(await server.authority.judge(token).access)
            #expect(access.subject == "ann" && access.tokenID == "t-1" && access.expiresAt == 1_800_000_600_000)
            #expect(access.access(to: "acme")?.rights == [.read, .write])
            #expect(access.access(to: "other") == nil)
            // The second time without the signature.
            #expect(server.authority.verdict(for: Array(token.utf8).span, now: now) == .granted(access))
        }
    }

    @Test func `a signature by another key`() async throws {
        let server = try Server()
        for (mine, id) in [
            (Issuer.edDSA(), "d"), (.es256(), "e"), (.hs256(secret: Array(repeating: 1, count: 32)), "h"),
        ] {
            #expect(await server.authority.judge(try mine.token(claims(), id: id)) == .refused(.badSignature))
        }
    }

    @Test func `claims changed under a right signature`() async throws {
        let server = try Server()
        for (issuer, id) in server.issuers {
            let parts = try issuer.token(claims(), id: id).split(separator: ".")
            let more = claims(dosql: #"{"tenants":["*"],"rights":["admin"]}"#)
            let token = "\(parts[0]).\(Issuer.encode(more.utf8)).\(parts[2])"
            #expect(await server.authority.judge(token) == .refused(.badSignature))
        }
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", ""])
    func `no algorithm`(_ name: String) async throws {
        let server = try Server()
        for kid in [",\"kid\":\"d\"", ",\"kid\":\"h\"", ""] {
            let header = Issuer.encode("{\"alg\":\"\(name)\"\(kid)}".utf8)
            for signature in ["", "AA"] {
                let token = "\(header).\(Issuer.encode(claims().utf8)).\(signature)"
                #expect(await server.authority.judge(token) == .refused(kid.isEmpty ? .unknownKey : .wrongAlgorithm))
            }
        }
    }

    @Test func `no signature, and an empty one`() async throws {
        let server = try Server()
        for (issuer, id) in server.issuers {
            let parts = try issuer.token(claims(), id: id).split(separator: ".")
            #expect(await server.authority.judge("\(parts[0]).\(parts[1]).") == .refused(.badSignature))
            #expect(await server.authority.judge("\(parts[0]).\(parts[1])") == .refused(.malformed))
            #expect(await server.authority.judge("\(parts[0]).\(parts[1]).\(parts[2]).") == .refused(.malformed))
        }
    }

    /// HS256 with what everybody knows as its secret: the public key, in every form somebody may have it.
    @Test func `algorithm confusion`() async throws {
        let server = try Server()
        for (issuer, id) in [(server.ed, "d"), (server.es, "e")] {
            let pem = String(decoding: issuer.keyFile, as: UTF8.self)
            let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
            let der = Array(try #require(Data(base64Encoded: body)))
            let secrets = [
                issuer.keyFile, Array(pem.trimmingCharacters(in: .newlines).utf8), Array(body.utf8), der,
                Array(der.suffix(32)), Array(der.suffix(64)), Array(der.suffix(65)),
            ]
            for secret in secrets {
                let forger = Issuer.hs256(secret: secret)
                #expect(await server.authority.judge(try forger.token(claims(), id: id)) == .refused(.wrongAlgorithm))
                #expect(await server.authority.judge(try forger.token(claims(), id: "h")) == .refused(.badSignature))
                let lied = try forger.token(
                    header: "{\"alg\":\"\(issuer.algorithm.rawValue)\",\"kid\":\"\(id)\"}", payload: claims())
                #expect(await server.authority.judge(lied) == .refused(.badSignature))
            }
        }
    }

    @Test func `a kid that is nobody's, missing, of another algorithm, or not a text`() async throws {
        let server = try Server()
        for (issuer, id) in server.issuers {
            let alg = "\"alg\":\"\(issuer.algorithm.rawValue)\""
            #expect(await server.authority.judge(try issuer.token(claims(), id: "x")) == .refused(.unknownKey))
            #expect(await server.authority.judge(try issuer.token(claims())) == .refused(.unknownKey))
            #expect(await server.authority.judge(try issuer.token(claims(), id: "")) == .refused(.unknownKey))
            for other in ["d", "e", "h"] where other != id {
                #expect(
                    await server.authority.judge(try issuer.token(claims(), id: other)) == .refused(.wrongAlgorithm))
            }
            for kid in ["1", "null", "[\"\(id)\"]", "{}", "\"\(String(repeating: "a", count: 257))\""] {
                let token = try issuer.token(header: "{\(alg),\"kid\":\(kid)}", payload: claims())
                #expect(await server.authority.judge(token) == .refused(.malformed))
            }
        }
        for kid in ["../../dev/null", "' OR 1=1 --", "\u{212A}"] {
            #expect(await server.authority.judge(try server.hs.token(claims(), id: kid)) == .refused(.unknownKey))
        }
    }

    @Test func `keys in the header are not looked at`() async throws {
        let server = try Server()
        let mine = Issuer.edDSA()
        for more in [
            #""jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            #""jku":"https://example.com/jwks.json""#, #""x5u":"https://example.com/a.pem""#, #""x5c":["AAAA"]"#,
        ] {
            let token = try mine.token(header: "{\"alg\":\"EdDSA\",\"kid\":\"d\",\(more)}", payload: claims())
            #expect(await server.authority.judge(token) == .refused(.badSignature))
        }
    }

    @Test func `what a header demands and nobody knows is refused, though it is signed`() async throws {
        let server = try Server()
        for crit in [#"["b64"]"#, "[]", #"["exp"]"#, "null"] {
            let header = "{\"alg\":\"EdDSA\",\"kid\":\"d\",\"b64\":false,\"crit\":\(crit)}"
            let token = try server.ed.token(header: header, payload: claims())
            #expect(await server.authority.judge(token) == .refused(.criticalHeader))
        }
    }

    @Test func `times`() async throws {
        let server = try Server()
        let week = 7 * 86_400
        for (more, exp, refusal) in [
            ("", "1800000000", AccessError.expired), ("", "1799999999.999", .expired), ("", "0", .expired),
            ("", nil, .missingExpiry), ("", "1800000000.001", nil),
            ("", "\(1_800_000_000 + 30 * 86_400)", nil), ("", "\(1_800_000_001 + 30 * 86_400)", .lifetimeTooLong),
            ("", "9007199254740", .claims(.type(member: "exp", expected: "a time in seconds since 1970"))),
            ("\"iat\":\(1_800_000_000 - 30 * 86_400)", "1800000001", .lifetimeTooLong),
            ("\"iat\":\(1_800_000_000 - week)", "1800000001", nil),
            ("\"nbf\":1800000030", "1800000600", nil), ("\"nbf\":1800000031", "1800000600", .notYetValid),
            ("\"iat\":1800000030", "1800000600", nil), ("\"iat\":1800000031", "1800000600", .notYetValid),
            // An issuer whose clock is ahead makes nothing that is good for longer.
            ("\"iat\":1800000030", "\(1_800_000_030 + 30 * 86_400)", .lifetimeTooLong),
        ] as [(String, String?, AccessError?)] {
            let token = try server.ed.token(claims(more, exp: exp), id: "d")
            #expect(await server.authority.judge(token).refusal == refusal, "\(more) \(exp ?? "-")")
        }
    }

    @Test(arguments: ["null", "\"1800000600\"", "-1", "true", "[1800000600]", "1e15", "{}"])
    func `an expiry that is not a time`(_ exp: String) async throws {
        let server = try Server()
        let fault = GrantFault.type(member: "exp", expected: "a time in seconds since 1970")
        #expect(
            await server.authority.judge(try server.ed.token(claims(exp: exp), id: "d")) == .refused(.claims(fault)))
    }

    @Test func `a number beyond all numbers is not JSON`() async throws {
        let server = try Server()
        let token = try server.ed.token(claims(exp: "1e999"), id: "d")
        #expect(await server.authority.judge(token) == .refused(.malformed))
    }

    @Test func `issuer and audience`() async throws {
        let free = try Server()
        let bound = try Server(rules: SigningRules(issuer: "https://id.example.com", audience: "dosql"))
        for (more, freely, strictly) in [
            ("", nil, .wrongIssuer), (#""iss":"https://id.example.com""#, nil, .wrongAudience),
            (#""iss":"https://id.example.com/","aud":"dosql""#, .wrongAudience, .wrongIssuer),
            (#""iss":"https://id.example.com","aud":"dosql""#, .wrongAudience, nil),
            (#""iss":"https://id.example.com","aud":["a","dosql"]"#, .wrongAudience, nil),
            (#""iss":"https://id.example.com","aud":"DoSQL""#, .wrongAudience, .wrongAudience),
            (#""iss":"https://id.example.com","aud":[]"#, .wrongAudience, .wrongAudience),
        ] as [(String, AccessError?, AccessError?)] {
            #expect(await free.authority.judge(try free.ed.token(claims(more), id: "d")).refusal == freely, "\(more)")
            #expect(
                await bound.authority.judge(try bound.ed.token(claims(more), id: "d")).refusal == strictly, "\(more)")
        }
        for more in [
            #""aud":7"#, #""aud":["dosql",7]"#, #""iss":["https://id.example.com"]"#, #""sub":7"#, #""jti":{}"#,
        ] {
            let refusal = await bound.authority.judge(try bound.ed.token(claims(more), id: "d")).refusal
            guard case .claims(.type) = refusal else {
                Issue.record("\(more): \(String(describing: refusal))")
                continue
            }
        }
    }

    @Test func `a member twice, whichever of the two a reader would take`() async throws {
        let server = try Server()
        let admin = #"{"tenants":["*"],"rights":["admin"]}"#
        for payload in [
            "{\"exp\":1,\"exp\":1800000600}", "{\"exp\":1800000600,\"exp\":1}",
            "{\"exp\":1800000600,\"dosql\":[],\"dosql\":\(admin)}",
            "{\"exp\":1800000600,\"dosql\":[],\"\\u0064osql\":\(admin)}",
            #"{"exp":1800000600,"dosql":{"tenants":["acme"],"tenants":["*"],"rights":["read"]}}"#,
            #"{"exp":1800000600,"other":{"a":1,"a":2}}"#,
        ] {
            let token = try server.ed.token(header: #"{"alg":"EdDSA","kid":"d"}"#, payload: payload)
            #expect(await server.authority.judge(token) == .refused(.malformed), "\(payload)")
        }
        for header in [
            #"{"alg":"none","alg":"EdDSA","kid":"d"}"#, #"{"alg":"EdDSA","kid":"h","kid":"d"}"#,
            #"{"alg":"EdDSA","kid":"d","k\u0069d":"h"}"#,
        ] {
            let token = try server.ed.token(header: header, payload: claims())
            #expect(await server.authority.judge(token) == .refused(.malformed), "\(header)")
        }
    }

    @Test func `parts that are not what they should be, though they are signed`() async throws {
        let server = try Server()
        let header = #"{"alg":"EdDSA","kid":"d"}"#
        for payload in ["", "{", "[]", "null", "\"exp\"", "\u{FEFF}{}", claims() + " x", "{\"exp\":1800000600,}"] {
            let token = try server.ed.token(header: header, payload: payload)
            #expect(await server.authority.judge(token) == .refused(.malformed), "\(payload)")
        }
        for header in ["", "[]", "{}", #"{"alg":7,"kid":"d"}"#, #"{"kid":"d"}"#, #"{"alg":"EdDSA","kid":"d"} "x""#] {
            let token = try server.ed.token(header: header, payload: claims())
            #expect(await server.authority.judge(token) == .refused(.malformed), "\(header)")
        }
        for token in [
            "", ".", "..", "...", "a.b.c", "é.é.é", "\u{0}", "Bearer x", String(repeating: ".", count: 8_192),
        ] {
            let expected: AccessError = token.isEmpty ? .missing : .malformed
            #expect(await server.authority.judge(token) == .refused(expected), "\(token)")
        }
    }

    @Test func `bytes that are no text, in what is signed`() async throws {
        let server = try Server()
        let header = Issuer.encode(#"{"alg":"EdDSA","kid":"d"}"#.utf8)
        let payload = Issuer.encode(
            Array(claims().dropLast().utf8) + Array(",\"x\":\"".utf8) + [0xFF] + Array("\"}".utf8))
        let signature = Issuer.encode(try server.ed.signature(over: "\(header).\(payload)"))
        #expect(await server.authority.judge("\(header).\(payload).\(signature)") == .refused(.malformed))
    }

    @Test func `a second spelling of a good token`() async throws {
        let server = try Server()
        for (issuer, id) in server.issuers {
            let token = try issuer.token(claims(), id: id)
            let parts = token.split(separator: ".").map(String.init)
            #expect(await server.authority.judge(token).access != nil)
            for index in 0..<3 {
                for part in [
                    parts[index] + "=", parts[index] + "==", " " + parts[index], parts[index] + "\n",
                    parts[index] + "A",
                    parts[index].replacing("-", with: "+").replacing("_", with: "/") + "+",
                ] {
                    var changed = parts
                    changed[index] = part
                    let refusal = await server.authority.judge(changed.joined(separator: ".")).refusal
                    #expect(refusal == .malformed || refusal == .badSignature)
                }
            }
            // 64 and 32 bytes leave bits in the last character: of all its values one is the signature.
            let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            var granted = 0
            for character in alphabet
            where await server.authority.judge(token.dropLast() + String(character)).access != nil {
                granted += 1
            }
            #expect(granted == 1)
        }
    }

    @Test func `too long, as deep as can be, and with many members`() async throws {
        let server = try Server()
        let header = #"{"alg":"EdDSA","kid":"d"}"#
        let fill = { (length: Int) in claims("\"x\":\"\(String(repeating: "a", count: length))\"") }
        #expect(await server.authority.judge(try server.ed.token(header: header, payload: fill(5_000))).access != nil)
        #expect(
            await server.authority.judge(try server.ed.token(header: header, payload: fill(6_200)))
                == .refused(.tooLong))
        #expect(await server.authority.judge([UInt8](repeating: 0x61, count: 50_000_000)) == .refused(.tooLong))
        let deep = { (levels: Int) in
            claims("\"x\":" + String(repeating: "[", count: levels) + String(repeating: "]", count: levels))
        }
        #expect(await server.authority.judge(try server.ed.token(header: header, payload: deep(15))).access != nil)
        #expect(
            await server.authority.judge(try server.ed.token(header: header, payload: deep(16))) == .refused(.malformed)
        )
        #expect(
            await server.authority.judge(try server.ed.token(header: header, payload: deep(2_900)))
                == .refused(.malformed))
        let objects = String(repeating: "{\"a\":", count: 1_000)
        #expect(
            await server.authority.judge(try server.ed.token(header: header, payload: objects)) == .refused(.malformed))
        let bomb = Issuer.encode(String(repeating: "[", count: 5_900).utf8)
        #expect(await server.authority.judge("\(bomb).e30.AA") == .refused(.malformed))
    }

    @Test func `no claims are no rights`() async throws {
        let server = try Server()
        for dosql in [nil, "[]", #"{"tenants":[],"rights":["admin"]}"#, #"{"tenants":["*"],"rights":[]}"#] {
            let access = try #require(
                await server.authority.judge(try server.ed.token(claims(dosql: dosql), id: "d")).access)
            #expect(access.access(to: "acme") == nil)
            #expect(!access.holdsSomewhere(.read) && !access.holdsEverywhere(.admin))
        }
        // Claims of other names are nobody's.
        let token = try server.ed.token(
            claims(#""scope":"admin","rights":["admin"],"tenants":["*"]"#, dosql: nil), id: "d")
        #expect(await server.authority.judge(token).access?.access(to: "acme") == nil)
    }

    @Test func `claims that are not understood refuse the token`() async throws {
        let server = try Server()
        for (dosql, fault) in [
            (#"{"tenants":["*"],"rights":["read","everything"]}"#, GrantFault.unknownRight("everything")),
            (#"{"tenants":["*"],"rights":["read"],"except":["acme"]}"#, .unknownMember("except")),
            ("\"*\"", .type(member: "dosql", expected: "a grant or a list of grants")),
            (#"{"tenants":["\u212A"],"rights":["read"]}"#, .tenantPattern("\u{212A}")),
            (#"{"tenants":["acme\u0000"],"rights":["read"]}"#, .tenantPattern("acme\u{0}")),
        ] {
            let token = try server.ed.token(claims(dosql: dosql), id: "d")
            #expect(await server.authority.judge(token) == .refused(.claims(fault)))
        }
    }

    @Test func `what a token says is judged behind its signature`() async throws {
        let server = try Server()
        let mine = Issuer.edDSA()
        for payload in [claims(exp: "1"), claims(exp: nil), "{", claims(#""jti":"gone""#)] {
            let token = try mine.token(header: #"{"alg":"EdDSA","kid":"d"}"#, payload: payload)
            #expect(await server.authority.judge(token) == .refused(.badSignature))
        }
    }

    @Test func `revoked by its jti`() async throws {
        let server = try Server(revoked: ["gone", "e\u{0301}"])
        #expect(
            await server.authority.judge(try server.ed.token(claims(#""jti":"gone""#), id: "d")) == .refused(.revoked))
        #expect(
            await server.authority.judge(try server.ed.token(claims(#""jti":"g\u006fne""#), id: "d"))
                == .refused(.revoked))
        #expect(await server.authority.judge(try server.ed.token(claims(#""jti":"here""#), id: "d")).access != nil)
        for jti in ["", "a b", "a#b", "a\\n", String(repeating: "a", count: 257)] {
            let refusal = await server.authority.judge(try server.ed.token(claims("\"jti\":\"\(jti)\""), id: "d"))
                .refusal
            guard case .claims(.type(member: "jti", _)) = refusal else {
                Issue.record("\(jti): \(String(describing: refusal))")
                continue
            }
        }
    }

    /// Whoever has an ES256 token can turn its signature (r, s) into (r, n − s), which is as good.
    @Test func `a token without jti is revoked in every spelling of its signature`() async throws {
        let server = try Server()
        let token = try server.es.token(claims(), id: "e")
        let twin = try Self.twin(of: token)
        #expect(twin != token)
        let access = try #require(await server.authority.judge(token).access)
        #expect(try #require(await server.authority.judge(twin).access).tokenID == access.tokenID)
        let revoking = server.folder
        try revoking.revoke(access.tokenID)
        let authority = try revoking.authority()
        #expect(await authority.judge(token) == .refused(.revoked))
        #expect(await authority.judge(twin) == .refused(.revoked))
        #expect(!authority.isStillGood(access, now: now))
    }

    private static func twin(of token: String) throws -> String {
        let parts = token.split(separator: ".")
        let signature = try #require(Base64URL.decode(parts[2].utf8))
        // The order of P-256 (SEC 2, 2.4.2).
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
            0xFA,
            0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        var difference = [UInt8](repeating: 0, count: 32)
        var borrow = 0
        for index in (0..<32).reversed() {
            let value = Int(order[index]) - Int(signature[32 + index]) - borrow
            difference[index] = UInt8(truncatingIfNeeded: value)
            borrow = value < 0 ? 1 : 0
        }
        return "\(parts[0]).\(parts[1]).\(Issuer.encode(signature.prefix(32) + difference))"
    }
}
