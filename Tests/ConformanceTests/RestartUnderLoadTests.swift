import DoSQLClient
import DoSQLTestSupport
import Foundation
import Synchronization
import Testing

/// A server that is restarted in order, and reads its certificates again, while clients go on as if nothing happened.
@Suite("Restart under load", .timeLimit(.minutes(10)))
struct RestartUnderLoadTests {
    /// Its address outlives it: a loopback address that no other test has, so that the port stays free meanwhile.
    private final class RestartingServer: Sendable {
        let folder: TemporaryFolder
        let host: String
        private let running: Mutex<TestServerProcess?>
        private let isSecure: Bool

        init(isSecure: Bool) async throws {
            folder = try TemporaryFolder()
            host = "127.\(Int.random(in: 1...254)).\(Int.random(in: 1...254)).\(Int.random(in: 2...254))"
            running = Mutex(nil)
            self.isSecure = isSecure
            try put("server")
            try await start()
        }

        func put(_ certificate: String) throws {
            try folder.copy(TestCertificates.path(certificate + ".pem"), to: "certificate.pem")
            try folder.copy(TestCertificates.path(certificate + ".key"), to: "key.pem")
        }

        func start() async throws {
            let tls = [
                "--tls-certificate", folder.path(of: "certificate.pem"), "--tls-key", folder.path(of: "key.pem"),
                "--plaintext", "never",
            ]
            let flags = ["--listen", "\(host):3775"] + (isSecure ? tls : [])
            let server = try await Guide.aside { [folder] in try TestServerProcess(folder: folder, flags: flags) }
            running.withLock { $0 = server }
        }

        /// In order: what it has accepted is finished.
        func restart() async throws {
            guard let server = running.withLock({ $0 }) else { return }
            let status = try await Guide.aside { server.terminate() }
            #expect(status == 0)
            try await start()
        }

        /// SIGHUP, until who connects sees that certificate.
        func reload(_ certificate: String) async throws {
            try put(certificate)
            guard let server = running.withLock({ $0 }) else { return }
            server.signal(SIGHUP)
            let expected = try TestCertificates.der(certificate)
            let hasCome = try await Guide.aside {
                try Deadline.poll(for: .seconds(60)) {
                    try BlockingSocket(connectingTo: server.secureAddress).peerCertificate == expected
                }
            }
            #expect(hasCome)
        }

        func stop() async throws {
            guard let server = running.withLock({ $0 }) else { return }
            _ = try await Guide.aside { server.terminate() }
        }

        func configuration() throws -> DoSQLClient.Configuration {
            var configuration = DoSQLClient.Configuration(endpoint: .host(host))
            if isSecure {
                configuration.tls = .init(trustRoots: .file(TestCertificates.root), serverName: "localhost")
            }
            configuration.connectTimeout = .seconds(30)
            configuration.connectionWaitMax = .seconds(120)
            configuration.deadlineGrace = .seconds(60)
            // A write whose answer is lost is sent again under its key.
            configuration.keysWrites = true
            configuration.retry.attemptsMax = 50
            return configuration
        }
    }

    /// Whether clients are to stop.
    private final class Course: Sendable {
        let isOver = Atomic(false)

        var goesOn: Bool { !isOver.load(ordering: .relaxed) }
        func end() { isOver.store(true, ordering: .relaxed) }
    }

    /// Waits until so many writes more have been answered.
    private static func wait(_ count: Int, of answered: AsyncStream<Void>) async {
        var left = count
        for await _ in answered {
            left -= 1
            if left == 0 { return }
        }
    }

    /// A writer's rows: what it was told, and where.
    private struct Told: Sendable {
        var rows: [(number: Int, id: Int64)] = []
    }

    @Test(arguments: [false, true])
    func `no acknowledged write is lost, none is carried out twice, and no answer is wrong`(isSecure: Bool) async throws
    {
        let server = try await RestartingServer(isSecure: isSecure)
        try await withDoSQLClient(try server.configuration()) { client in
            let app = client.tenant("acme")
            try await app.run("CREATE TABLE log(id INTEGER PRIMARY KEY, writer INTEGER, number INTEGER)")
            let course = Course()
            let (answered, signal) = AsyncStream.makeStream(of: Void.self)
            let told = try await withThrowingTaskGroup(of: (Int, Told)?.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var told = Told()
                        var number = 0
                        while course.goesOn {
                            number += 1
                            let id = try await app.run(
                                "INSERT INTO log(writer, number) VALUES (\(writer), \(number))"
                            ).lastInsertRowid
                            told.rows.append((number, id))
                            // What was answered is there, and is what was asked for, whichever server answers.
                            let row = try await app.queryOne("SELECT writer, number FROM log WHERE id = \(id)")
                            #expect(try row?.decode("writer") == writer && row?.decode("number") == number)
                            signal.yield()
                        }
                        return (writer, told)
                    }
                }
                group.addTask {
                    // A reader never sees fewer rows than it has seen.
                    var least = 0
                    while course.goesOn {
                        let count = try await app.query("SELECT count(*) FROM log", as: Int.self)[0]
                        #expect(count >= least)
                        least = count
                    }
                    return nil
                }
                group.addTask {
                    defer { course.end() }
                    for round in 0..<3 {
                        await Self.wait(60, of: answered)
                        if isSecure { try await server.reload(round % 2 == 0 ? "renewed" : "server") }
                        await Self.wait(60, of: answered)
                        try await server.restart()
                    }
                    await Self.wait(60, of: answered)
                    return nil
                }
                return try await group.reduce(into: [Int: Told]()) { all, part in
                    if let (writer, told) = part { all[writer] = told }
                }
            }
            let there = try await app.query(
                "SELECT writer, number, id FROM log ORDER BY id", as: (Int, Int, Int64).self)
            for writer in 0..<4 {
                let rows = there.filter { $0.0 == writer }
                let mine = try #require(told[writer]).rows
                #expect(rows.map(\.1) == Array(1...mine.count))
                #expect(rows.map(\.2) == mine.map(\.id))
            }
            #expect(there.count >= 420)
        }
        try await server.stop()
    }
}
