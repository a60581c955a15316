import DoSQLClient
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The tables `request_logs`. No answer waits for them: entries are gathered and written in the background, those of a
/// tenant in one transaction.
final class RequestLog: Service {
    /// One request and what was answered.
    struct Entry: Sendable {
        let id: UUID
        let tenant: TenantName
        let method: String
        let path: String
        let status: Int
        let milliseconds: Int
    }

    /// Entries that may wait. Beyond it, which means that the database does not keep up, further ones are dropped.
    private static let pendingMax = 10_000
    /// Entries of one transaction, so that a tenant's turn to write is soon over.
    private static let transactionMax = 500

    private let databases: TenantDatabases
    private let logger: Logger
    private let pending = Mutex<[Entry]>([])
    /// Says that something is pending. One signal is enough for any number of entries.
    private let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(databases: TenantDatabases, logger: Logger) {
        self.databases = databases
        self.logger = logger
    }

    /// Takes an entry, to be written soon.
    func note(_ entry: Entry) {
        let isTaken = pending.withLock { pending in
            guard pending.count < Self.pendingMax else { return false }
            pending.append(entry)
            return true
        }
        if !isTaken { logger.warning("the request log does not keep up; \(entry.id) is left out") }
        signal.yield()
    }

    /// Writes until the app shuts down, and then what is left.
    func run() async {
        await withGracefulShutdownHandler {
            for await _ in signals { await writePending() }
            await writePending()
        } onGracefulShutdown: { [signal] in
            signal.finish()
        }
    }

    private func writePending() async {
        let entries = pending.withLock { pending in
            defer { pending = [] }
            return pending
        }
        await withDiscardingTaskGroup { group in
            for (tenant, entries) in Dictionary(grouping: entries, by: \.tenant) {
                group.addTask { await self.write(entries, of: tenant) }
            }
        }
    }

    private func write(_ entries: [Entry], of name: TenantName) async {
        do {
            let tenant = try await databases.open(name)
            for start in stride(from: 0, to: entries.count, by: Self.transactionMax) {
                try await tenant.batch { batch in
                    for entry in entries[start..<min(start + Self.transactionMax, entries.count)] {
                        batch.run(
                            """
                            INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms)
                            VALUES (\(entry.id), \(name.text), \(entry.method), \(entry.path), \(entry.status),
                                    \(entry.milliseconds))
                            """)
                    }
                }
            }
        } catch {
            logger.warning(
                "requests could not be logged", metadata: ["tenant": "\(name.text)", "error": "\(error)"])
        }
    }
}
