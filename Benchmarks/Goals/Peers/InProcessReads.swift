import BenchmarkSupport
import DoSQLEngine
import DoSQLLoad
import DoSQLLoop

/// Point reads without a network: prepared once, bound, stepped, their columns read.
struct InProcessReads {
    enum Way {
        /// SQLite's default VFS and cache, each SELECT by itself.
        case asPeopleOpenIt
        /// No lock calls, 64 MiB of cache, and 64 reads share a read transaction: what the server does.
        case sharedTransaction
    }

    private static let readsAtATime = 64

    private let path: String
    private let rows: UInt64

    /// - Parameter path: a database with the users table.
    init(path: String, rows: Int) throws {
        self.path = path
        self.rows = UInt64(rows)
        // The first to open it turns it to WAL.
        _ = try Connection(OpenOptions(path: path, role: .writer)).checkpoint(.truncate)
    }

    /// Reads for so long, on so many threads, each with a connection of its own.
    func run(_ way: Way, threads: Int = 1, seconds: Double) throws -> Figures {
        let counts = WorkQueue<Result<Int, BenchmarkError>>()
        let began = MonotonicClock.nanoseconds()
        let end = began + UInt64(seconds * 1e9)
        let workers = try (0..<threads).map { number in
            try WorkerThread(name: "in-process") {
                do {
                    counts.post(.success(try read(way, seed: UInt64(number), until: end)))
                } catch {
                    counts.post(.failure(BenchmarkError("\(error)")))
                }
            }
        }
        for worker in workers { worker.join() }
        let time = Double(MonotonicClock.nanoseconds() - began)
        let count = try counts.takeAll().reduce(0) { try $0 + $1.get() }
        // Threads that never wait: their time is their processor time, as far as there are processors.
        let cpu = threads == 1 ? time / 1000 / Double(count) : nil
        return Figures(rate: Double(count) / time * 1e9, cpu: cpu)
    }

    private func read(_ way: Way, seed: UInt64, until end: UInt64) throws -> Int {
        // A connection that only reads has a writer beside it, or unix-excl takes locks for ever.
        var options = OpenOptions(path: path, role: .writer)
        if way == .asPeopleOpenIt {
            options.vfsName = "unix"
            options.cacheKiB = 2000
        } else {
            options.cacheKiB = 65536
        }
        let connection = try Connection(options)
        let statement = try connection.prepare(UsersTable.pointRead)
        var random = SplitMix(state: seed)
        var bytes = 0
        var count = 0
        while MonotonicClock.nanoseconds() < end {
            if way == .sharedTransaction { try connection.beginRead() }
            for _ in 0..<Self.readsAtATime {
                try statement.bind(Int64(random.next(upTo: rows)), at: 1)
                while try statement.step() {
                    bytes &+= Int(statement.int64(at: 0))
                    for column in 1...3 { bytes &+= statement.text(at: column).count }
                }
                statement.reset()
            }
            if way == .sharedTransaction { try connection.endRead() }
            count += Self.readsAtATime
        }
        guard bytes > 0 else { throw BenchmarkError("the table is empty") }
        return count
    }
}
