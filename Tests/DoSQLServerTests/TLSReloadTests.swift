import DoSQLLoop
import DoSQLServer
import DoSQLTLS
import DoSQLTestSupport
import Logging
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What an operator sees of certificates that change.
@Suite("TLS certificates that change", .timeLimit(.minutes(5)))
struct TLSReloadTests {
    /// What was logged, each as its level, message and metadata.
    private final class Journal: Sendable {
        let lines = Mutex<[String]>([])

        var log: Logger {
            Logger(label: "journal") { _ in Handler(journal: self) }
        }

        func contains(_ parts: String...) -> Bool {
            lines.withLock { $0.contains { line in parts.allSatisfy { line.contains($0) } } }
        }

        private struct Handler: LogHandler {
            let journal: Journal
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.debug

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                let data = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
                journal.lines.withLock { $0.append("\(event.level) \(event.message) \(data)") }
            }
        }
    }

    private struct Folder {
        let folder: TemporaryFolder
        var files: TLSFiles { TLSFiles(certificate: folder.path(of: "cert.pem"), key: folder.path(of: "key.pem")) }

        init(_ name: String) throws {
            folder = try TemporaryFolder()
            try put(name)
        }

        func put(_ name: String) throws {
            try folder.copy(TestCertificates.path(name + ".pem"), to: "cert.pem")
            try folder.copy(TestCertificates.path(name + ".key"), to: "key.pem")
        }
    }

    @Test func `the log names the file that cannot be used, and warns of a certificate that is too old`() throws {
        let folder = try Folder("server")
        let journal = Journal()
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.dataFolder = folder.folder.path(of: "data")
        configuration.handlesSignals = false
        configuration.tls = folder.files
        let server = try Server(configuration, log: journal.log)
        defer { server.stop() }
        #expect(!journal.contains("warning"))
        try folder.folder.write("nothing", to: "cert.pem")
        server.reload()
        #expect(journal.contains("error", "file=\(folder.files.certificate)", "no certificate"))
        try folder.put("expired")
        server.reload()
        #expect(journal.contains("notice", "read again"))
        #expect(journal.contains("warning", "expired", folder.files.certificate))
    }

    @Test func `SIGHUP reads certificates again, and no connection is dropped`() throws {
        let folder = try Folder("elsewhere")
        let server = try TestServerProcess(
            flags: ["--tls-certificate", folder.files.certificate, "--tls-key", folder.files.key])
        let old = try BlockingSocket(connectingTo: server.address)
        try old.secure(with: TestCertificates.client(), serverName: "elsewhere.example")
        let plain = try server.client("acme")
        try folder.put("server")
        server.signal(SIGHUP)
        let hasCome = Deadline.poll(for: .seconds(60)) {
            (try? BlockingSocket(connectingTo: server.secureAddress)) != nil
        }
        #expect(hasCome)
        try old.send(Array("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
        #expect(try !old.receive(Deadline()).isEmpty)
        try plain.ping()
        #expect(server.terminate() == 0)
    }

    @Test func `SIGHUP ends no server that has nothing to read again`() throws {
        let server = try TestServerProcess()
        server.signal(SIGHUP)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        #expect(server.terminate() == 0)
    }
}
