import ArgumentParser
import DoSQLAccess
import DoSQLServer
import DoSQLTestSupport
import Testing

@testable import DoSQLCommandLine

/// Where `dosql serve` listens without tokens, and how keys are named.
struct ServeTokensTests {
    private func configuration(_ arguments: String...) throws -> Configuration {
        try Serve.parse(arguments).effectiveConfiguration(environment: [:], readsFiles: false).server
    }

    @Test(arguments: ["127.0.0.1:3775", "[::1]:3775", "localhost:0", "unix:/tmp/dosql.sock"])
    func `on this machine's own addresses it starts without tokens`(_ address: String) throws {
        #expect(try configuration("--listen", address).tokens.isEmpty)
    }

    @Test(arguments: ["0.0.0.0:3775", "[::]:3775", "192.168.0.1:0", "db.example.com:3775", "127.0.0.1.example.com:1"])
    func `on any other it refuses to, and says what to do`(_ address: String) throws {
        let folder = try TemporaryFolder()
        let run = try CommandRun([
            "serve", "--listen", "127.0.0.1:0", "--listen", address, "--data", folder.path(of: "data"),
        ])
        #expect(run.status == 2 && run.output == "")
        #expect(run.errors.contains("other machines can reach \(address), and there are no tokens"))
        #expect(run.errors.contains("dosql token create") && run.errors.contains("--insecure-no-tokens"))
        #expect(!run.errors.contains("127.0.0.1:0"))
    }

    @Test func `with tokens, or with everybody's consent, it does`() throws {
        #expect(try configuration("--listen", "0.0.0.0:1", "--tokens", "keys.json").tokens.keyFile == "keys.json")
        #expect(try configuration("--listen", "0.0.0.0:1", "--insecure-no-tokens").letsAnybodyIn)
        #expect(try configuration("--listen", "0.0.0.0:1", "--jwks", "a").tokens.keySets.map(\.path) == ["a"])
    }

    @Test func `tokens and no tokens are a contradiction`() {
        #expect(throws: (any Error).self) { try configuration("--insecure-no-tokens", "--tokens", "keys.json") }
    }

    @Test func `a list of revoked tokens alone lets nobody in, and is refused`() {
        #expect(throws: (any Error).self) { try configuration("--revoked", "revoked") }
    }

    @Test func `a key is an algorithm, a file and an id`() throws {
        let tokens = try configuration(
            "--jwt-key", "EdDSA:/etc/dosql/ed.pem:2026-11", "--jwt-key", "HS256:secret:a", "--jwt-key", "ES256:C:\\k:b",
            "--jwks", "one.json", "--jwks", "two.json", "--jwt-issuer", "me", "--jwt-audience", "you",
            "--jwt-lifetime-max", "60", "--revoked", "revoked"
        ).tokens
        let rules = SigningRules(issuer: "me", audience: "you", lifetimeMax: 60_000)
        #expect(
            tokens.signingKeys == [
                .init(algorithm: .edDSA, path: "/etc/dosql/ed.pem", id: "2026-11", rules: rules),
                .init(algorithm: .hs256, path: "secret", id: "a", rules: rules),
                .init(algorithm: .es256, path: "C:\\k", id: "b", rules: rules),
            ])
        #expect(tokens.keySets == [.init(path: "one.json", rules: rules), .init(path: "two.json", rules: rules)])
        #expect(tokens.revocationFile == "revoked")
        let nameless = try configuration("--jwt-key", "ES256:key.pem").tokens.signingKeys
        #expect(nameless == [.init(algorithm: .es256, path: "key.pem")])
    }

    @Test(arguments: [
        "key.pem", "RS256:key.pem", "none:key.pem", "eddsa:key.pem", "EdDSA", "EdDSA:", "EdDSA::a", "EdDSA:a:",
    ])
    func `anything else is no key`(_ text: String) {
        #expect(throws: (any Error).self) { try configuration("--jwt-key", text) }
    }

    @Test(arguments: ["0", "-1", "18446744073709551615", "x"]) func `a lifetime is at least a second`(_ text: String) {
        #expect(throws: (any Error).self) { try configuration("--jwks", "a", "--jwt-lifetime-max=\(text)") }
    }
}
