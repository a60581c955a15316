import DoSQLServer
import DoSQLTLS
import DoSQLTestSupport
import Testing

struct TLSQueryTests {
    let server: TestServer

    init() throws { server = try TestServer { $0.tls = TestCertificates.files(clients: .optional) } }

    private func query(_ flags: [String], scheme: String = "dosqls") throws -> CommandRun {
        try CommandRun(["query", "\(scheme)://localhost:\(server.port)/acme", "SELECT 6 * 7 AS n"] + flags)
    }

    @Test func `dosqls with the authority's certificate reaches the server`() throws {
        let run = try query(["--tls-ca", TestCertificates.root])
        #expect(run.status == 0 && run.output.contains("42"), "\(run.errors)")
        let own = [
            "--tls-certificate", TestCertificates.path("client.pem"), "--tls-key", TestCertificates.path("client.key"),
        ]
        #expect(try query(["--tls-ca", TestCertificates.root] + own).output.contains("42"))
    }

    @Test func `a server that nobody vouches for is refused, in words`() throws {
        let run = try query([])
        #expect(run.status != 0)
        #expect(run.errors.contains("CERTIFICATE_UNTRUSTED"), "\(run.errors)")
    }

    @Test func `flags of TLS without dosqls, and half a pair, are wrong usage`() throws {
        let plain = try query(["--tls-ca", TestCertificates.root], scheme: "dosql")
        #expect(plain.status == 2 && plain.errors.contains("dosqls://"))
        let half = try query(["--tls-certificate", TestCertificates.path("client.pem")])
        #expect(half.status == 2 && half.errors.contains("together"))
    }

    @Test func `a server's flags come in pairs, and name the file that cannot be used`() throws {
        let half = try CommandRun(["serve", "--tls-key", TestCertificates.path("server.key")])
        #expect(half.status == 2 && half.errors.contains("come together"))
        let bad = try CommandRun(
            [
                "serve", "--tls-key", TestCertificates.path("client.key"), "--tls-certificate",
                TestCertificates.path("server.pem"),
            ])
        #expect(bad.status == 2 && bad.errors.contains("client.key: this key does not belong"))
    }
}
