import DoSQLClient
import DoSQLTestSupport
import Synchronization
import Testing

/// `for try await message in tenant.subscribe(to:)`, whatever happens to the server.
@Suite("Feeds", .timeLimit(.minutes(5)))
struct FeedTests {
    /// A server that comes back on the same port and folder.
    private final class ReturningServer: Sendable {
        private let folder: TemporaryFolder
        private let running: Mutex<TestServerProcess>
        let address: String

        init() async throws {
            folder = try TemporaryFolder()
            let server = try await Guide.aside { [folder] in try TestServerProcess(folder: folder) }
            address = server.address
            running = Mutex(server)
        }

        /// Ends it, with SIGTERM or SIGKILL, and starts it again.
        func restart(inOrder: Bool) async throws {
            let old = running.withLock { $0 }
            let new = try await Guide.aside { [folder, address] in
                if inOrder { #expect(old.terminate() == 0) } else { old.kill() }
                // Beside the port that the system chooses it takes the one that clients know.
                return try TestServerProcess(folder: folder, flags: ["--listen", address])
            }
            running.withLock { $0 = new }
        }

        func end() async throws {
            let server = running.withLock { $0 }
            try await Guide.aside { server.kill() }
        }
    }

    private static func patient(_ configuration: inout DoSQLClient.Configuration) {
        configuration.retry.attemptsMax = 30
    }

    @Test(arguments: [true, false])
    func `a subscription goes on when its server comes back, and has missed nothing`(inOrder: Bool) async throws {
        let count = 300
        let server = try await ReturningServer()
        try await Guide.withClient(of: server.address, configure: Self.patient) { client in
            let tenant = client.tenant("acme")
            let messages = try await tenant.subscribe(to: "room").fromNow()
            let events = tenant.events(types: ["t"], after: 0)
            async let heard = numbers(count, of: messages.map { $0.data })
            async let seen = numbers(count, of: events.map { $0.data ?? "" })
            for number in 1...count {
                if number % 100 == 50 { try await server.restart(inOrder: inOrder) }
                try await tenant.publish("\(number)", to: "room", idempotencyKey: IdempotencyKey("m\(number)"))
                try await tenant.emit("t", "\(number)", idempotencyKey: IdempotencyKey("e\(number)"))
                try await tenant.publish("0", to: "other", idempotencyKey: IdempotencyKey("o\(number)"))
            }
            #expect(try await heard == (1...count).map { "\($0)" })
            #expect(try await seen == (1...count).map { "\($0)" })
        }
        try await server.end()
    }

    private func numbers<Source: AsyncSequence & Sendable>(
        _ count: Int, of source: Source
    ) async throws -> [String] where Source.Element == String {
        var numbers: [String] = []
        for try await number in source {
            numbers.append(number)
            if numbers.count == count { break }
        }
        return numbers
    }
}
