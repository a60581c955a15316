import BenchmarkSupport
import DoSQLLoad
import Foundation

/// PostgreSQL 15 as it is installed, asked by its own pgbench: prepared statements, and pipelines where more than one
/// request is in flight. Its settings are its defaults, but for how many may connect.
final class PostgreSQL {
    private let binaries: String
    private let socketFolder: String
    private let workFolder: String
    private let table: UsersTable
    private let isSmoke: Bool
    private let process: PinnedProcess

    /// Makes a database and starts a server for it, with the table.
    init(_ bench: Workbench) throws {
        let postgres = try Installed.program("/usr/lib/postgresql/15/bin/postgres")
        _ = try Installed.program("/usr/lib/postgresql/15/bin/pgbench", "/usr/bin/pgbench")
        binaries = String(postgres.dropLast("/postgres".count))
        table = bench.table
        isSmoke = bench.isSmoke
        workFolder = bench.path("postgresql")
        let data = workFolder + "/data"
        socketFolder = workFolder
        try FileManager.default.createDirectory(atPath: workFolder, withIntermediateDirectories: true)
        // It refuses to run as root.
        var user: String?
        if getuid() == 0 {
            user = "postgres"
            let owner = [FileAttributeKey.ownerAccountName: "postgres"]
            try FileManager.default.setAttributes(owner, ofItemAtPath: workFolder)
            try Self.makeReachable(workFolder)
        }
        let initialize = try PinnedProcess(
            binaries + "/initdb", ["-D", data, "--no-locale", "-E", "UTF8", "-A", "trust", "-U", "bench"], user: user)
        guard initialize.succeeded() else { throw PeerMissing("initdb failed") }
        process = try PinnedProcess(
            postgres,
            [
                "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories=\(workFolder)",
                "-c", "max_connections=200",
            ],
            user: user,
            // A fast shutdown: by SIGTERM it would wait for who is connected.
            ending: .interrupt)
        try waitUntilReady()
        _ = try Command.run(binaries + "/psql", connection + ["postgres", "-q", "-v", "ON_ERROR_STOP=1", "-c", schema])
        _ = try Command.run(binaries + "/psql", connection + ["postgres", "-q", "-c", "VACUUM ANALYZE users"])
    }

    func stop() { process.stop() }

    /// Point reads by primary key.
    func pointReads(_ shape: LoadShape, seconds: Double) throws -> Figures {
        let read = "\\set id random(1, \(table.rows))\n\(UsersTable.pointRead.replacing("?", with: ":id"));\n"
        return try bench(read, shape, seconds: seconds)
    }

    /// Inserts of one row, each a transaction of its own: without a pipeline, in which they would share one.
    func inserts(_ shape: LoadShape, seconds: Double) throws -> Figures {
        _ = try Command.run(
            binaries + "/psql",
            connection + [
                "postgres", "-q", "-c", "DELETE FROM users WHERE id > \(table.rows)", "-c", "VACUUM users", "-c",
                "CHECKPOINT",
            ])
        let bio = String(repeating: "lorem ipsum ", count: 10)
        return try bench(
            """
            \\set r random(1, 9000000000000000000)
            INSERT INTO users (name, email, bio, role) VALUES ('User Name', 'u' || (:r)::bigint::text || '@example.com', '\(bio)', 'user');

            """, shape, seconds: seconds)
    }

    private func bench(_ statement: String, _ shape: LoadShape, seconds: Double) throws -> Figures {
        let path = "\(workFolder)/script.sql"
        let script =
            shape.depth == 1
            ? statement
            : "\\startpipeline\n" + String(repeating: statement, count: shape.depth) + "\\endpipeline\n"
        try Data(script.utf8).write(to: URL(filePath: path))
        // A pipeline's statements are prepared one by one in each connection: that takes what is left of a second, and the
        // last second of three is without.
        let time = shape.depth == 1 ? max(1, Int(seconds.rounded())) : 3
        let amount = isSmoke ? ["-t", "5"] : ["-T", "\(time)"] + (shape.depth == 1 ? [] : ["-P", "1"])
        let output = try Command.run(
            binaries + "/pgbench",
            connection + ["-n", "-M", "prepared", "-f", path, "-c", "\(shape.connections)", "-j", "1"] + amount
                + ["postgres"])
        guard output.contains("number of failed transactions: 0 "), let rate = Self.rate(output), rate > 0 else {
            throw BenchmarkError("pgbench says nothing that makes sense: \(output)")
        }
        // By Little's law, since its loop is closed.
        let mean = Double(shape.connections) / rate * 1e6
        return Figures(rate: rate * Double(shape.depth), p50: shape.connections == 1 ? mean : nil)
    }

    /// Transactions a second: those of the last second, or of all where it told none.
    private static func rate(_ output: String) -> Double? {
        let lines = output.split(separator: "\n")
        if let last = lines.last(where: { $0.hasPrefix("progress: ") }) {
            // progress: 3.0 s, 5141.0 tps, lat …
            return last.split(separator: " ").dropFirst(3).first.flatMap { Double($0) }
        }
        guard let line = lines.first(where: { $0.hasPrefix("tps = ") }) else { return nil }
        return line.split(separator: " ").dropFirst(2).first.flatMap { Double($0) }
    }

    private var connection: [String] { ["-h", socketFolder, "-U", "bench"] }

    private func waitUntilReady() throws {
        for _ in 0..<600 {
            if (try? Command.run(binaries + "/pg_isready", ["-q", "-h", socketFolder])) != nil { return }
            guard process.isRunning else { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw PeerMissing("PostgreSQL does not start")
    }

    /// Others may go through the folders above.
    private static func makeReachable(_ path: String) throws {
        var folder = URL(filePath: path)
        while folder.path.contains("dosql-bench-") {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
            folder.deleteLastPathComponent()
        }
    }

    private var schema: String {
        """
        CREATE TABLE users(
            id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text NOT NULL, email text UNIQUE NOT NULL, bio text, role text DEFAULT 'user',
            created_at timestamp DEFAULT CURRENT_TIMESTAMP, updated_at timestamp DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO users(id, name, email, bio, role)
        SELECT i, 'User Name ' || i, 'user' || i || '@example.com', left(lpad(i::text, 130, '0'), 100 + i % 30),
               CASE i % 10 WHEN 0 THEN 'admin' ELSE 'user' END FROM generate_series(1, \(table.rows)) i;
        CREATE INDEX idx_users_role ON users(role);
        SELECT setval(pg_get_serial_sequence('users', 'id'), \(table.rows + 1));
        """
    }
}
