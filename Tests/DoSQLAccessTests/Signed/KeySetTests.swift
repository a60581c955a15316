import Testing

@testable import DoSQLAccess

/// JWKS files, with the keys and signatures that are printed in RFC 7515 (A.1, A.3) and RFC 8037 (A.2, A.4).
@Suite struct KeySetTests {
    static let secret = #"""
        {"kty":"oct","alg":"HS256","kid":"h","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
        """#
    static let p256 = #"""
        {"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """#
    static let ed25519 = #"""
        {"kty":"OKP","crv":"Ed25519","kid":"d","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        """#

    private func set(_ keys: String...) throws -> KeySet {
        try KeySet(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8), rules: SigningRules())
    }

    private func words(_ keys: String...) -> String? {
        do {
            _ = try KeySet(Array("{\"keys\":[\(keys.joined(separator: ","))]}".utf8), rules: SigningRules())
            return nil
        } catch {
            return error.words
        }
    }

    @Test func `the signatures of the RFCs are taken`() async throws {
        let payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        for (key, header, payload, signature) in [
            (
                Self.secret, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", payload,
                "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            ),
            (
                Self.p256, "eyJhbGciOiJFUzI1NiJ9", payload,
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
            ),
            (
                Self.ed25519, "eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
            ),
        ] {
            let key = try #require(try set(key).keys.first)
            let token = try SignedToken(Array("\(header).\(payload).\(signature)".utf8))
            #expect(token.algorithm == key.algorithm.rawValue)
            #expect(await key.hasSigned(token.signed, signature: token.signature))
        }
    }

    /// RFC 7515, A.1, whole: good until 2011-03-22T18:43:00Z.
    @Test func `and the token with them, as long as it was good`() async throws {
        let folder = try TokenFolder()
        let path = try folder.write("{\"keys\":[\(Self.secret)]}", to: "jwks.json")
        folder.configuration.keySets = [.init(path: path)]
        let authority = try folder.authority()
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let access = try #require(await authority.judge(token, at: 1_300_819_379_999).access)
        #expect(access.grants.isEmpty && access.access(to: "joe") == nil)
        #expect(await authority.judge(token, at: 1_300_819_380_000) == .refused(.expired))
    }

    @Test func `keys for something else are passed over`() throws {
        let others = [
            #"{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"}"#, #"{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"AA"}"#, #"{"kty":"oct","k":"AA","alg":"A128KW"}"#,
            #"{"kty":"oct","k":"AA"}"#, Self.p256.replacing("\"EC\"", with: "\"EC\",\"use\":\"enc\""),
            Self.p256.replacing("\"EC\"", with: "\"EC\",\"key_ops\":[\"deriveKey\"]"),
            Self.p256.replacing("\"EC\"", with: "\"EC\",\"alg\":\"ECDH-ES\""),
            Self.ed25519.replacing("\"OKP\"", with: "\"OKP\",\"alg\":\"ES256\""),
        ]
        #expect(words(others.joined(separator: ",")) == "it has no key for any of EdDSA, ES256, HS256")
        let set = try set(others.joined(separator: ","), Self.ed25519)
        #expect(set.keys.map(\.id) == ["d"])
        #expect(!set.holdsSecrets)
    }

    @Test func `a key of ours that is wrong refuses the file`() {
        #expect(words(Self.ed25519.replacing("11qY", with: "")) == "key 1: x is not a public key of Ed25519")
        #expect(words(Self.p256.replacing("x_FE", with: "x_FF")) == "key 1: x and y are not a point of P-256")
        #expect(words(Self.p256.replacing("\"y\"", with: "\"z\"")) == "key 1: y is not base64url")
        #expect(words(Self.p256, Self.ed25519.replacing("11qY", with: "11q+")) == "key 2: x is not base64url")
        #expect(
            words(#"{"kty":"oct","alg":"HS256","k":"AAAA"}"#)
                == "key 1: a secret for HS256 has at least 32 bytes, not 3")
        #expect(words(Self.p256.replacing("\"e\"", with: "7")) == "key 1: kid is not a text")
        let secret = Self.ed25519.replacing(
            "\"kid\"", with: "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"kid\"")
        #expect(words(secret) == "key 1: it holds a private key; the server needs the public one only")
        #expect(words("7") == "key 1: no kty")
    }

    @Test func `a file with secrets must be hidden`() throws {
        let folder = try TokenFolder()
        for (key, mode, works) in [
            (Self.ed25519, 0o644, true), (Self.secret, 0o644, false), (Self.secret, 0o600, true),
        ] {
            let path = try folder.write("{\"keys\":[\(key)]}", to: "jwks.json", mode: mode)
            folder.configuration.keySets = [.init(path: path)]
            if works {
                _ = try folder.authority()
            } else {
                #expect(throws: TokenFileError(path: path, .openToOthers(mode: mode))) { try folder.authority() }
            }
        }
    }
}
