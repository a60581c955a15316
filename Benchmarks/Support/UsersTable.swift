package import DoSQLLoop
import DoSQLProtocol

/// The guide's users table, filled: about 200 bytes a row.
package struct UsersTable {
    /// How many rows it has, with the ids 1 to this.
    package let rows: Int

    package init(rows: Int) {
        self.rows = rows
    }

    /// The statement that is measured.
    package static let pointRead = "SELECT id, name, email, role FROM users WHERE id = ?"

    /// Makes and fills it.
    package var sql: String {
        """
        CREATE TABLE users(
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE NOT NULL, bio TEXT, role TEXT DEFAULT 'user',
            created_at TEXT DEFAULT CURRENT_TIMESTAMP, updated_at TEXT DEFAULT CURRENT_TIMESTAMP);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO users(id, name, email, bio, role)
        SELECT i, 'User Name ' || i, 'user' || i || '@example.com', substr(printf('%0130d', i), 1, 100 + i % 30),
               CASE i % 10 WHEN 0 THEN 'admin' ELSE 'user' END FROM n;
        CREATE INDEX idx_users_role ON users(role);
        """
    }

    /// Loads it into a tenant of a server, through the protocol.
    package func load(into address: ListenAddress, tenant: String = "bench") throws {
        var writer = ByteWriter(Preamble.bytes)
        Hello.encode(into: &writer, request: 1, client: "benchmark")
        Open.encode(into: &writer, stream: 1, request: 2, tenant: tenant)
        Script.encode(into: &writer, stream: 1, request: 3, sql: sql)
        let conversation = try Conversation(address, sending: writer.take(), answers: 3)
        try conversation.run()
    }
}
