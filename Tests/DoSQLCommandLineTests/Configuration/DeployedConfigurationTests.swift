import DoSQLTestSupport
import Foundation
import Testing

/// The configurations in `deploy/` are right, and what runs a server takes them.
struct DeployedConfigurationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// What `dosql config check` says of one of them on a machine whose `/etc/dosql` is a folder of the test's.
    private func check(_ name: String, without missing: String? = nil) throws -> CommandRun {
        let folder = try TemporaryFolder()
        let copies = [
            ("tls.crt", TestCertificates.path("server.pem")), ("tls.key", TestCertificates.path("server.key")),
        ]
        for (file, source) in copies where file != missing {
            try FileManager.default.copyItem(atPath: source, toPath: folder.path(of: file))
        }
        try FileManager.default.createDirectory(
            atPath: folder.path(of: "migrations"), withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: folder.path(of: "revoked")))
        let made = try CommandRun([
            "token", "create", "--tokens", folder.path(of: "keys.json"), "--name", "a", "--tenant", "*", "--right",
            "admin",
        ])
        #expect(made.status == 0)
        let text = try Self.text("deploy/\(name)").replacing("/etc/dosql/", with: folder.path(of: ""))
        try Data(text.utf8).write(to: URL(filePath: folder.path(of: name)))
        return try CommandRun(["config", "check", "--config", folder.path(of: name)])
    }

    @Test(arguments: ["production.yaml", "staging.yaml", "container.yaml"])
    func `dosql config check finds nothing wrong with it`(_ name: String) throws {
        let run = try check(name)
        #expect(run.status == 0 && run.errors == "", "\(run.errors)")
        #expect(run.output.contains("data: \"/var/lib/dosql\" # ") && run.output.contains("/keys.json\" # "))
        #expect(run.output.contains("format: \"json\" # "))
    }

    @Test func `production and staging differ where they should`() throws {
        let production = try check("production.yaml").output
        let staging = try check("staging.yaml").output
        #expect(production.contains("slowStatement: 100 #") && staging.contains("slowStatement: 10 #"))
        #expect(production.contains("deletedFor: 2592000 #") && staging.contains("deletedFor: 3600 #"))
        #expect(production.contains("level: \"notice\" #") && staging.contains("level: \"debug\" #"))
        #expect(production.contains("databaseBytesMax: 1073741824 #"))
    }

    @Test func `a file that is missing is told with the line that names it`() throws {
        let run = try check("production.yaml", without: "tls.crt")
        let lines = try Self.text("deploy/production.yaml").split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.contains("certificate: ") }) + 1
        #expect(run.status == 1 && run.errors.contains("production.yaml:\(line): "), "\(run.errors)")
    }

    @Test func `the unit and the image name them`() throws {
        let unit = try Self.text("deploy/systemd/dosql.service")
        #expect(unit.contains("\nExecStart=/usr/local/bin/dosql serve --config /etc/dosql/dosql.yaml\n"))
        #expect(try Self.text("deploy/README.md").contains("deploy/production.yaml /etc/dosql/dosql.yaml"))
        let image = try Self.text("Dockerfile")
        #expect(image.contains("\nCOPY deploy/container.yaml /usr/local/share/dosql/container.yaml\n"))
        #expect(image.contains("\nENV DOSQL_CONFIG=/usr/local/share/dosql/container.yaml\n"))
        #expect(try Self.text(".dockerignore").contains("\n!deploy/container.yaml\n"))
    }
}
