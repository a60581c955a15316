package import DoSQLLoad
package import DoSQLLoop
import DoSQLProtocol

/// The guide's users table, filled: about 200 bytes a row.
package struct UsersTable: Sendable {
    /// How many rows it has, with the ids 1 to this.
    package let rows: Int

    package init(rows: Int) {
        self.rows = rows
    }

    package static let pointRead = "SELECT id, name, email, role FROM users WHERE id = ?"
    package static let hundredRows = "SELECT * FROM users WHERE id >= ? ORDER BY id LIMIT 100"
    package static let insert = "INSERT INTO users (name, email, bio, role) VALUES (?, ?, ?, ?)"
    /// Reads every row, and finds none.
    package static let scan = "SELECT count(*) FROM users WHERE bio LIKE '%nowhere%'"

    package static let table = """
        CREATE TABLE users(
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE NOT NULL, bio TEXT, role TEXT DEFAULT 'user',
            created_at TEXT DEFAULT CURRENT_TIMESTAMP, updated_at TEXT DEFAULT CURRENT_TIMESTAMP);
        """

    /// Makes and fills it.
    package var sql: String {
        """
        \(Self.table)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO users(id, name, email, bio, role)
        SELECT i, 'User Name ' || i, 'user' || i || '@example.com', substr(printf('%0130d', i), 1, 100 + i % 30),
               CASE i % 10 WHEN 0 THEN 'admin' ELSE 'user' END FROM n;
        CREATE INDEX idx_users_role ON users(role);
        """
    }

    /// Loads it into a tenant of a server, through the protocol.
    package func load(into address: ListenAddress, tenant: String = "bench") throws {
        try Conversation.script(sql, in: tenant, at: address)
    }

    // MARK: What connections say

    /// Point reads by primary key, so many in flight; their rows are looked at now and then.
    package func pointReads(depth: Int = 1, tenant: String = "bench") -> Dialogue {
        dialogue(
            Self.pointRead, .queryOne, [.integer(upTo: UInt64(rows))], depth: depth, tenant: tenant,
            isRight: Self.isRow)
    }

    /// Reads of a hundred rows.
    package func hundredRowReads(depth: Int = 1) -> Dialogue {
        dialogue(Self.hundredRows, .query, [.integer(upTo: UInt64(max(1, rows - 99)))], depth: depth)
    }

    /// Inserts of one row, each a transaction of its own.
    package func inserts(depth: Int = 1, tenant: String = "bench") -> Dialogue {
        dialogue(
            Self.insert, .run, [.text("u", "@example.com")], depth: depth, tenant: tenant,
            parameters: {
                [.text("User Name"), $0[0], .text(String(repeating: "lorem ipsum ", count: 10)), .text("user")]
            })
    }

    /// Reads of the whole table.
    package func scans() -> Dialogue { dialogue(Self.scan, .queryOne, [], depth: 1) }

    private func dialogue(
        _ sql: String, _ kind: Execute.Kind, _ random: [RandomValue], depth: Int, tenant: String = "bench",
        isRight: ((_ answer: [UInt8], _ key: UInt64) -> Bool)? = nil,
        parameters: ([Value]) -> [Value] = { $0 }
    ) -> Dialogue {
        var burst = Burst()
        burst.addFrame(random: random) { writer, values in
            Execute.encode(
                into: &writer, kind: kind, stream: 1, request: 1, statement: .prepared(1),
                parameters: .positional(parameters(values)))
        }
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(into: &opening, request: 1, client: "benchmark")
        Open.encode(into: &opening, stream: 1, request: 2, tenant: tenant)
        Prepare.encode(into: &opening, request: 3, id: 1, sql: sql)
        return Dialogue(
            opening: opening.take(), openingAnswers: 3, steps: [burst.repeated(depth)], answers: FrameAnswers(),
            isRight: isRight)
    }

    /// Whether a RESULT is the row with this id.
    private static func isRow(_ answer: [UInt8], _ id: UInt64) -> Bool {
        guard let result = try? ResultMessage(answer.span), let rows = try? result.rows.copy() else { return false }
        return rows.count == 1
            && rows[0].starts(with: [
                .integer(Int64(id)), .text("User Name \(id)"), .text("user\(id)@example.com"),
            ])
    }
}
