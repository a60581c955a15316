import DoSQLClient
import DoSQLTestSupport
import FoundationEssentials
import Logging
import Testing

/// `dosqls://`: what the client takes for its server, and what it does not.
@Suite("TLS", .timeLimit(.minutes(10)))
struct TLSTests {
    private static func configuration(
        _ server: TestServerProcess, host: String = "localhost", _ tls: DoSQLClient.TLS
    ) throws -> DoSQLClient.Configuration {
        let port = server.address.split(separator: ":").last ?? ""
        var configuration = DoSQLClient.Configuration(try DoSQLURL("dosqls://\(host):\(port)/acme"))
        configuration.tls = tls
        configuration.connectTimeout = .seconds(30)
        configuration.connectionWaitMax = .seconds(60)
        configuration.logger = Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
        return configuration
    }

    private static let trusting = DoSQLClient.TLS(trustRoots: .file(TestCertificates.root))

    /// The error of a first call.
    private static func error(_ configuration: DoSQLClient.Configuration) async -> DoSQLError? {
        await #expect(throws: DoSQLError.self) {
            try await withDoSQLClient(configuration) { _ = try await $0.tenant("acme").query("SELECT 1") }
        }
    }

    @Test func `calls, transactions and large results go through TLS, by name and by address`() async throws {
        try await Guide.withServer(flags: TestCertificates.flags()) { server in
            for host in ["localhost", "127.0.0.1"] {
                try await withDoSQLClient(try Self.configuration(server, host: host, Self.trusting)) { client in
                    let acme = client.tenant("acme")
                    try await acme.run("CREATE TABLE IF NOT EXISTS t(n INTEGER)")
                    try await acme.transaction { tx in
                        for number in 0..<10 { try await tx.run("INSERT INTO t VALUES (\(number))") }
                    }
                    #expect(
                        try await acme.query("SELECT hex(zeroblob(1500000))", as: String.self)[0].count
                            == 3_000_000)
                    try await acme.run("INSERT INTO t VALUES (length(\(String(repeating: "y", count: 2_000_000))))")
                    #expect(try await acme.query("SELECT max(n) FROM t", as: Int.self) == [2_000_000])
                }
            }
        }
    }

    @Test func `PEM in memory and a name of its own do as well`() async throws {
        try await Guide.withServer(flags: TestCertificates.flags("elsewhere")) { server in
            let root = try Data(contentsOf: URL(filePath: TestCertificates.root))
            let tls = DoSQLClient.TLS(trustRoots: .pem(Array(root)), serverName: "elsewhere.example")
            try await withDoSQLClient(try Self.configuration(server, tls)) { client async throws in
                #expect(try await client.tenant("acme").query("SELECT 1", as: Int.self) == [1])
            }
        }
    }

    @Test(arguments: ["elsewhere", "forged", "expired"])
    func `another host's certificate, an unknown authority's and an old one are refused at once`(name: String)
        async throws
    {
        try await Guide.withServer(flags: TestCertificates.flags(name)) { server in
            let error = try await Self.error(Self.configuration(server, Self.trusting))
            #expect(error?.code == .certificateUntrusted)
            #expect(error?.isRetryable == false)
            #expect(error?.execution == .notExecuted)
        }
        // The system does not know the tests' authority.
        try await Guide.withServer(flags: TestCertificates.flags()) { server async throws in
            #expect(try await Self.error(Self.configuration(server, DoSQLClient.TLS()))?.code == .certificateUntrusted)
            let other = DoSQLClient.TLS(trustRoots: .file(TestCertificates.root), serverName: "other.example")
            #expect(try await Self.error(Self.configuration(server, other))?.code == .certificateUntrusted)
        }
    }

    @Test func `a server that asks for a certificate takes this side's, and says so where there is none`() async throws
    {
        let flags = TestCertificates.flags() + ["--tls-client-ca", TestCertificates.path("clients.pem")]
        try await Guide.withServer(flags: flags) { server in
            var tls = Self.trusting
            let none = try await Self.error(Self.configuration(server, tls))
            #expect(none?.code == .tlsFailed)
            #expect(none?.message.contains("asks for a certificate") == true, "\(none?.message ?? "")")
            tls.certificates = .file(TestCertificates.path("forged.pem"))
            tls.key = .file(TestCertificates.path("forged.key"))
            let forged = try await Self.error(Self.configuration(server, tls))
            #expect(forged?.code == .tlsFailed)
            #expect(forged?.message.contains("does not take") == true, "\(forged?.message ?? "")")
            tls.certificates = .file(TestCertificates.path("client.pem"))
            tls.key = .file(TestCertificates.path("client.key"))
            try await withDoSQLClient(try Self.configuration(server, tls)) { client async throws in
                #expect(try await client.tenant("acme").query("SELECT 1", as: Int.self) == [1])
            }
        }
    }

    @Test func `files that cannot be used are errors of the configuration`() async throws {
        try await Guide.withServer(flags: TestCertificates.flags()) { server in
            let nowhere = DoSQLClient.TLS(trustRoots: .file("/nowhere"))
            let missing = try await Self.error(Self.configuration(server, nowhere))
            #expect(missing?.code == .configuration)
            #expect(missing?.message.contains("/nowhere") == true)
            var mixed = Self.trusting
            mixed.certificates = .file(TestCertificates.path("client.pem"))
            #expect(try await Self.error(Self.configuration(server, mixed))?.code == .configuration)
            mixed.key = .file(TestCertificates.path("forged.key"))
            #expect(try await Self.error(Self.configuration(server, mixed))?.code == .configuration)
        }
    }

    @Test func `TLS where the server has none, and none where it wants it, are errors that say so`() async throws {
        try await Guide.withServer { server in
            let error = try await Self.error(Self.configuration(server, Self.trusting))
            #expect(error?.code == .tlsFailed)
            #expect(error?.message.contains("dosql://") == true)
        }
        try await Guide.withServer(flags: TestCertificates.flags() + ["--plaintext", "never"]) { server in
            var plain = try Self.configuration(server, Self.trusting)
            plain.tls = nil
            let error = await Self.error(plain)
            #expect(error?.code == .tlsRequired)
            #expect(error?.message.contains("dosqls://") == true)
        }
    }
}
