import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Tokens that are limited to tables: what SQLite says that a statement touches is what counts.
struct TableRightsTests {
    private let tokens: TestTokens
    private let server: TestServer
    private let admin: WireClient
    /// May read and write `orders`, and read `items`.
    private let client: WireClient

    init() throws {
        let tokens = try TestTokens()
        let all = try tokens.key(Grant("*", rights: .all))
        let some = try tokens.key(
            Grant(
                "a", rights: [.read, .write, .publish, .subscribe],
                tables: [("orders", [.read, .write]), ("items", .read), ("seen_*", .read), ("noted", .write)]))
        server = try TestServer { tokens.configure(&$0) }
        self.tokens = tokens
        admin = try server.client("a", token: all)
        try admin.script(
            """
            CREATE TABLE orders (id INTEGER PRIMARY KEY, item);
            CREATE TABLE items (id INTEGER PRIMARY KEY, name);
            CREATE TABLE secret (id INTEGER PRIMARY KEY, word);
            CREATE TABLE noted (what);
            CREATE TABLE logged (x);
            CREATE TABLE parents (id INTEGER PRIMARY KEY);
            CREATE TABLE children (id INTEGER PRIMARY KEY, of INTEGER REFERENCES orders(id) ON DELETE CASCADE);
            CREATE VIEW words AS SELECT word FROM secret;
            CREATE VIEW seen_words AS SELECT word FROM secret;
            CREATE VIEW seen_items AS SELECT name FROM items;
            CREATE VIEW hidden_items AS SELECT name FROM items;
            CREATE TRIGGER tells AFTER INSERT ON logged BEGIN INSERT INTO noted SELECT word FROM secret; END;
            INSERT INTO orders VALUES (1, 1);
            INSERT INTO items VALUES (1, 'lamp');
            INSERT INTO secret VALUES (1, 'xyzzy');
            """)
        client = try server.client("a", token: some)
    }

    @Test(arguments: [
        "SELECT item FROM orders", "SELECT name FROM items JOIN orders ON orders.item = items.id",
        "SELECT count(*) FROM orders", "WITH x AS (SELECT name FROM items) SELECT count(*) FROM x",
        "SELECT name FROM seen_items", "SELECT value FROM json_each('[1]')", "SELECT 1",
        "SELECT name FROM ITEMS", "PRAGMA table_info(orders)", "PRAGMA page_count",
        "UPDATE orders SET item = 2 WHERE id = 1", "INSERT INTO orders(item) SELECT id FROM items RETURNING id",
        "INSERT INTO noted VALUES ('x')", "DELETE FROM noted", "EXPLAIN QUERY PLAN SELECT item FROM orders",
    ]) func `what touches the listed tables only is carried out`(_ sql: String) throws {
        // A cascade would reach another table.
        try admin.run("DROP TABLE children")
        try client.query(.sql(sql))
    }

    @Test(arguments: [
        ("SELECT word FROM secret", "read on the table secret"),
        ("SELECT count(*) FROM secret", "read on the table secret"),
        ("SELECT 1 FROM orders, secret", "read on the table secret"),
        ("SELECT item FROM orders JOIN secret ON secret.id = orders.id", "read on the table secret"),
        ("SELECT item FROM orders WHERE id IN (SELECT id FROM secret)", "read on the table secret"),
        ("SELECT (SELECT word FROM secret) FROM orders", "read on the table secret"),
        ("SELECT item FROM orders WHERE EXISTS (SELECT 1 FROM secret)", "read on the table secret"),
        ("SELECT item FROM orders UNION SELECT word FROM secret", "read on the table secret"),
        ("WITH orders(item) AS (SELECT word FROM secret) SELECT item FROM orders", "read on the table secret"),
        ("SELECT item FROM orders ORDER BY (SELECT word FROM secret)", "read on the table secret"),
        ("SELECT word FROM words", "read on the table secret"),
        ("SELECT word FROM seen_words", "read on the table secret"),
        ("SELECT name FROM hidden_items", "read on the table hidden_items"),
        ("SELECT sql FROM sqlite_schema", "read on the table sqlite_schema"),
        ("SELECT count(*) FROM sqlite_master", "read on the table sqlite_schema"),
        ("SELECT name FROM pragma_table_info('secret')", "read on the table pragma_table_info"),
        ("SELECT count(*) FROM pragma_table_list", "read on the table pragma_table_list"),
        ("PRAGMA table_info(secret)", "read on the table secret"),
        ("PRAGMA table_list", "read on the table sqlite_schema"),
        ("PRAGMA integrity_check", "read on every table"), ("PRAGMA foreign_key_check(secret)", "read on every table"),
        ("INSERT INTO items VALUES (2, 'x')", "write on the table items"),
        ("INSERT INTO items VALUES (2, 'x') ON CONFLICT DO NOTHING", "write on the table items"),
        ("UPDATE items SET name = 'x'", "write on the table items"),
        ("DELETE FROM secret", "write on the table secret"),
        ("UPDATE orders SET item = word FROM secret", "read on the table secret"),
        ("INSERT INTO noted SELECT word FROM secret", "read on the table secret"),
        ("UPDATE orders SET item = 1 RETURNING (SELECT word FROM secret)", "read on the table secret"),
        ("SELECT what FROM noted", "read on the table noted"),
        ("INSERT INTO noted VALUES ('x') RETURNING what", "read on the table noted"),
        ("INSERT INTO logged VALUES (1)", "write on the table logged"),
        ("DELETE FROM orders", "write on the table children"), ("CREATE TABLE u(x)", "schema"),
        ("EXPLAIN SELECT word FROM secret", "read on the table secret"),
        ("INSERT INTO messages(channel, data) VALUES ('c', '1')", "write on the table messages"),
    ]) func `what touches another is refused`(_ sql: String, _ missing: String) throws {
        if sql.contains("messages") { try admin.publish("0", to: "c") }
        let sentence = "the token lacks the right \(missing)"
        func check(_ request: UInt32) throws {
            let error = try client.failure(of: request)
            #expect(error.code == .forbidden && error.message == sentence, "\(error.message)")
        }
        try check(try client.sendQuery(.sql(sql)))
        // A second time, when everything may be in caches; and when somebody else has put it there.
        _ = try? admin.query(.sql("EXPLAIN " + sql))
        _ = try? admin.describe(.sql(sql))
        try check(try client.sendQuery(.sql(sql)))
        try check(try client.sendDescribe(.sql(sql)))
        try check(try client.sendBatch([BatchStep(.sql(sql))]))
        try client.begin()
        try check(try client.sendQuery(.sql(sql)))
        try client.rollback()
        let script = try client.failure(of: try client.sendScript(sql))
        #expect(script.code == .forbidden && script.message.contains(sentence), "\(script.message)")
        #expect(try admin.value("SELECT word FROM secret") == "xyzzy")
    }

    @Test func `a trigger needs the rights of what it does`() throws {
        try admin.run("DROP TABLE children")
        try admin.run(
            "CREATE TRIGGER copies AFTER INSERT ON orders BEGIN INSERT INTO noted SELECT word FROM secret; END")
        let refused = try client.failure(of: try client.sendRun("INSERT INTO orders(item) VALUES (3)"))
        #expect(refused.message == "the token lacks the right read on the table secret")
        try admin.run("DROP TRIGGER copies")
        try client.run("INSERT INTO orders(item) VALUES (3)")
        try admin.run("CREATE TRIGGER notes AFTER INSERT ON orders BEGIN INSERT INTO noted VALUES (NEW.id); END")
        try client.run("INSERT INTO orders(item) VALUES (3)")
    }

    @Test func `a view that changes its meaning is judged anew`() throws {
        #expect(try client.query("SELECT name FROM seen_items").rows.count == 1)
        try admin.script("DROP VIEW seen_items; CREATE VIEW seen_items AS SELECT word AS name FROM secret;")
        #expect(try client.failure(of: try client.sendQuery("SELECT name FROM seen_items")).code == .forbidden)
        try admin.script("DROP VIEW seen_items; CREATE VIEW seen_items AS SELECT name FROM items;")
        #expect(try client.query("SELECT name FROM seen_items").rows.count == 1)
    }

    @Test func `publishing is a right of its own, and not one to its table`() throws {
        try client.publish("1", to: "c")
        #expect(try client.failure(of: try client.sendQuery("SELECT * FROM messages")).code == .forbidden)
        _ = try client.subscribe(.channel("c"), after: 0)
        // What the table's triggers do elsewhere is not published.
        try admin.run("CREATE TRIGGER spies AFTER INSERT ON messages BEGIN INSERT INTO secret(word) VALUES ('x'); END")
        #expect(try client.failure(of: try client.sendPublish("2", to: "c")).code == .forbidden)
        #expect(try admin.value("SELECT count(*) FROM messages") == 1)
    }

    @Test func `a temporary object of another's name shows nothing of it`() throws {
        try client.begin()
        _ = try? client.run("CREATE TEMP VIEW orders AS SELECT word AS item FROM secret")
        #expect(try client.failure(of: try client.sendQuery("SELECT item FROM temp.orders")).code != nil)
        #expect(try client.query("SELECT item FROM main.orders").rows == [[1]])
        try client.rollback()
    }

    @Test(arguments: [
        "CREATE TEMP TABLE secret AS SELECT * FROM main.secret", "CREATE TEMP TABLE orders (x)",
        "CREATE TEMP VIEW orders AS SELECT word AS item FROM secret",
        "CREATE TEMP TRIGGER tells AFTER INSERT ON orders BEGIN INSERT INTO items SELECT * FROM secret; END",
        "CREATE VIRTUAL TABLE temp.orders USING fts5(word, content='seen_words')",
    ]) func `a token limited to tables makes nothing temporary`(_ sql: String) throws {
        try client.begin()
        #expect(try client.failure(of: try client.sendRun(.sql(sql))).code == .forbidden)
        try client.rollback()
    }

    @Test func `what a trigger copies as it is needs the right to read it`() throws {
        try admin.script(
            """
            CREATE TRIGGER copies AFTER INSERT ON noted BEGIN INSERT INTO orders SELECT * FROM secret; END;
            DROP TABLE children;
            DELETE FROM orders;
            """)
        let refused = try client.failure(of: try client.sendRun("INSERT INTO noted VALUES (1)"))
        #expect(refused.message == "the token lacks the right read on the table secret")
        #expect(try client.query("SELECT item FROM orders").rows.isEmpty)
    }

    @Test(arguments: [
        "SELECT nothing FROM secret", "SELECT s.wrod FROM orders, secret AS s", "SELECT * FROM \"Secret\" WHERE x = 1",
        "INSERT INTO secret VALUES (1)", "INSERT INTO [secret](nothing) VALUES (1)", "UPDATE secret SET nothing = 1",
        "SELECT id FROM orders, secret", "SELECT nothing FROM/**/secret", "SELECT nothing FROM words",
    ]) func `what does not compile tells nothing of another table's columns`(_ sql: String) throws {
        let table = sql.contains("words") ? "words" : "secret"
        let sentence = "the token lacks the right read on the table \(table)"
        for request in [try client.sendQuery(.sql(sql)), try client.sendDescribe(.sql(sql))] {
            let error = try client.failure(of: request)
            #expect(error.code == .forbidden && error.message == sentence, "\(error.message)")
        }
        let batch = try client.failure(of: try client.sendBatch([BatchStep(.sql(sql))]))
        #expect(batch.code == .forbidden, "\(batch.message)")
        let script = try client.failure(of: try client.sendScript(sql))
        #expect(script.code == .forbidden, "\(script.message)")
        // Whoever may read it is told as ever.
        #expect(try admin.failure(of: try admin.sendQuery(.sql(sql))).code == .sqlError)
    }

    @Test(arguments: [
        "SELECT nothing FROM orders", "SELECT FROM", "SELECT secrets FROM orders", "INSERT INTO orders VALUES (1)",
    ])
    func `what does not compile is told why where everything in it may be read`(_ sql: String) throws {
        let error = try client.failure(of: try client.sendQuery(.sql(sql)))
        #expect(error.code == .sqlError, "\(error.message)")
    }
}
