import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// Another client, of another tenant, on a thread of its own: point reads, one at a time.
///
/// It shares a processor with the subscribers. These are made to give way to it, since what is asked is how long the
/// server makes it wait.
final class OtherClient: Sendable {
    static let tenant = "other"

    private let thread: WorkerThread
    private let orders = WorkQueue<Double>()
    private let results = WorkQueue<Result<Figures, any Error>>()

    /// Starts the thread. The tenant's users table is there already.
    init(of address: ListenAddress, rows: Int, cpuOf server: ProcessUsage) throws {
        let (orders, results) = (orders, results)
        thread = try WorkerThread(name: "other-client") {
            while let seconds = orders.take() {
                results.post(
                    Result {
                        try Load.pointReads(
                            UsersTable(rows: rows), at: address, LoadShape(connections: 1, depth: 1),
                            tenant: Self.tenant, seconds: seconds, cpuOf: server)
                    })
            }
        }
    }

    /// Begins to read for so long.
    func begin(seconds: Double) { orders.post(seconds) }

    /// Waits for what that came to.
    func figures() throws -> Figures {
        guard let result = results.take() else { throw BenchmarkError("the other client has ended") }
        return try result.get()
    }

    /// Ends the thread.
    func stop() {
        orders.close()
        thread.join()
    }
}
