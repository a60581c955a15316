import BenchmarkSupport
import DoSQLEngine
import DoSQLLoop

/// The same statement without a network: prepared once, bound, stepped, its columns read.
struct InProcessReads {
    enum Way {
        /// SQLite's default VFS, each SELECT by itself.
        case asPeopleOpenIt
        /// No lock calls, and 64 reads share a read transaction: what the server does.
        case sharedTransaction
    }

    private let path: String
    private let rows: UInt64

    init(folder: String, rows: Int) throws {
        path = folder + "/in-process.sqlite"
        self.rows = UInt64(rows)
        let writer = try Connection(OpenOptions(path: path, role: .writer))
        let script = Array(UsersTable(rows: rows).sql.utf8)
        _ = try ScriptRunner().run(script.span, on: writer)
        _ = try writer.checkpoint(.truncate)
    }

    func run(_ way: Way, seconds: Double) throws -> Figures {
        var options = OpenOptions(path: path, role: .writer)
        options.vfsName = way == .asPeopleOpenIt ? "unix" : "unix-excl"
        options.cacheKiB = 65536
        let connection = try Connection(options)
        let statement = try connection.prepare(UsersTable.pointRead)
        var random = SplitMix(state: 42)
        var bytes = 0
        var count = 0
        let began = MonotonicClock.nanoseconds()
        let end = began + UInt64(seconds * 1e9)
        while MonotonicClock.nanoseconds() < end {
            if way == .sharedTransaction { try connection.beginRead() }
            for _ in 0..<64 {
                try statement.bind(Int64(1 + random.next() % rows), at: 1)
                while try statement.step() {
                    bytes &+= Int(statement.int64(at: 0))
                    for column in 1...3 { bytes &+= statement.text(at: column).count }
                }
                statement.reset()
            }
            if way == .sharedTransaction { try connection.endRead() }
            count += 64
        }
        let time = Double(MonotonicClock.nanoseconds() - began)
        guard bytes > 0 else { throw BenchmarkError("the table is empty") }
        // One thread that never waits: its time is its processor time.
        return Figures(rate: Double(count) / time * 1e9, cpu: time / 1000 / Double(count))
    }
}
