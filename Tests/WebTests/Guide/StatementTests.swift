import DoSQLTestSupport
import Testing

/// The statements of the guide's routes, as they stand there.
struct StatementTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer.guide()
        app = try server.http("acme")
    }

    // MARK: 5

    @Test func `SELECT * gives the columns in the order in which they were declared`() throws {
        try app.run(
            """
            INSERT INTO users (name, email, created_at, updated_at)
             VALUES (?, ?, '2026-01-01 00:00:00', '2026-01-02 00:00:00')
            """, #"["Alice","alice@example.com"]"#)
        #expect(
            try app.query("SELECT * FROM users ORDER BY created_at DESC")
                == #"{"rows":[{"id":1,"name":"Alice","email":"alice@example.com","bio":null,"role":"user","#
                + #""created_at":"2026-01-01 00:00:00","updated_at":"2026-01-02 00:00:00","status":"active"}]}"#)
    }

    @Test func `SELECT 1 names its column 1`() throws {
        #expect(try app.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        #expect(try app.queryOne("SELECT 1") == #"{"row":{"1":1}}"#)
    }

    @Test func `the statistics are a SELECT of three counts without FROM`() throws {
        let sql = """

                SELECT
                  (SELECT COUNT(*) FROM users) as users,
                  (SELECT COUNT(*) FROM posts) as posts,
                  (SELECT COUNT(*) FROM posts WHERE published = 1) as published_posts
            """
        #expect(try app.queryOne(sql) == #"{"row":{"users":0,"posts":0,"published_posts":0}}"#)
        let alice = try app.addUser("Alice", "alice@example.com")
        try app.addPost("draft", by: alice)
        try app.addPost("out", by: alice, published: true)
        #expect(try app.queryOne(sql) == #"{"row":{"users":1,"posts":2,"published_posts":1}}"#)
    }

    // MARK: 6

    @Test func `a search is LIKE without regard to ASCII case, with LIMIT and OFFSET bound`() throws {
        for name in ["Alice", "Bob", "MALICE", "Carol"] { try app.addUser(name, "\(name)@example.com") }
        try app.addUser("Eve", "alice.two@example.com")
        let filter = "FROM users WHERE name LIKE ? OR email LIKE ?"
        let page = "SELECT name \(filter) ORDER BY created_at DESC, id LIMIT ? OFFSET ?"
        #expect(
            try app.query(page, #"["%alice%","%alice%",2,0]"#) == #"{"rows":[{"name":"Alice"},{"name":"MALICE"}]}"#)
        #expect(try app.query(page, #"["%alice%","%alice%",2,2]"#) == #"{"rows":[{"name":"Eve"}]}"#)
        #expect(try app.query(page, #"["%alice%","%alice%",2,4]"#) == #"{"rows":[]}"#)
        #expect(
            try app.queryOne("SELECT COUNT(*) as total \(filter)", #"["%alice%","%alice%"]"#)
                == #"{"row":{"total":3}}"#)
    }

    @Test func `ORDER BY created_at DESC is newest first, and LIMIT 10 may stand in the text`() throws {
        for (name, day) in [("b", 2), ("c", 3), ("a", 1)] {
            try app.run(
                "INSERT INTO users (name, email, created_at) VALUES (?, ?, ?)",
                #"["\#(name)","\#(name)@x","2026-01-0\#(day) 00:00:00"]"#)
        }
        let rows = #"{"rows":[{"name":"c"},{"name":"b"},{"name":"a"}]}"#
        #expect(try app.query("SELECT name FROM users ORDER BY created_at DESC") == rows)
        #expect(try app.query("SELECT name FROM users ORDER BY created_at DESC LIMIT 10") == rows)
        #expect(
            try app.query("SELECT name FROM users ORDER BY created_at DESC LIMIT ? OFFSET ?", "[1,1]")
                == #"{"rows":[{"name":"b"}]}"#)
    }

    @Test func `events come by id, ten at a time, behind the last one seen`() throws {
        for number in 1...25 {
            try app.run(
                "INSERT INTO events (type, data, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)",
                #"["tick","{\"n\":\#(number)}"]"#)
        }
        let sql = """
            SELECT id, data FROM events
                     WHERE id > ?
                     ORDER BY id ASC
                     LIMIT 10
            """
        for (last, range) in [(0, 1...10), (10, 11...20), (20, 21...25)] {
            let rows = range.map { #"{"id":\#($0),"data":"{\"n\":\#($0)}"}"# }.joined(separator: ",")
            #expect(try app.query(sql, "[\(last)]") == #"{"rows":[\#(rows)]}"#)
        }
        #expect(try app.query(sql, "[25]") == #"{"rows":[]}"#)
    }

    // MARK: 7

    @Test func `posts join their authors: p.* expands, and further columns have aliases`() throws {
        let alice = try app.addUser("Alice", "alice@example.com")
        let post = try app.addPost("out", by: alice, published: true)
        try app.addPost("a draft", by: alice)
        try app.run(
            "UPDATE posts SET created_at = '2026-01-01 00:00:00', updated_at = '2026-01-01 00:00:00' WHERE id = ?",
            "[\(post)]")
        #expect(
            try app.query(
                """
                SELECT p.*, u.name as author_name, u.email as author_email
                 FROM posts p
                 JOIN users u ON u.id = p.user_id
                 WHERE p.published = 1
                 ORDER BY p.created_at DESC
                 LIMIT ? OFFSET ?
                """, "[20,0]")
                == #"{"rows":[{"id":1,"user_id":1,"title":"out","content":"content","published":1,"#
                + #""created_at":"2026-01-01 00:00:00","updated_at":"2026-01-01 00:00:00","#
                + #""author_name":"Alice","author_email":"alice@example.com"}]}"#)
    }

    // MARK: 8

    @Test func `an order with json_group_array of its items is one row, and the items are text`() throws {
        let alice = try app.addUser("Alice", "alice@example.com")
        try app.addProduct(7, stock: 5)
        try app.addProduct(8, stock: 5)
        let order = try app.insert(
            "INSERT INTO orders (user_id, total, created_at) VALUES (?, ?, '2026-01-01 00:00:00')", "[\(alice),20.5]")
        for item in ["7,2,5.25", "8,1,10"] {
            try app.run(
                "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (?, ?, ?, ?)",
                "[\(order),\(item)]")
        }
        let sql = """
            SELECT o.*,
                          json_group_array(json_object(
                            'productId', oi.product_id,
                            'quantity', oi.quantity,
                            'price', oi.price
                          )) as items
                   FROM orders o
                   JOIN order_items oi ON oi.order_id = o.id
                   WHERE o.id = ?
                   GROUP BY o.id
            """
        #expect(
            try app.queryOne(sql, "[\(order)]")
                == #"{"row":{"id":1,"user_id":1,"total":20.5,"status":"pending","created_at":"2026-01-01 00:00:00","#
                + #""items":"[{\"productId\":7,\"quantity\":2,\"price\":5.25},"#
                + #"{\"productId\":8,\"quantity\":1,\"price\":10.0}]"}}"#)
        #expect(try app.queryOne(sql, "[\(order + 1)]") == #"{"row":null}"#)
    }

    // MARK: 9

    @Test func `a rate limit counts its window, 0 if it is empty, and deletes what is behind it`() throws {
        let count = "SELECT COUNT(*) as count FROM rate_limits\n       WHERE key = ? AND timestamp > ?"
        #expect(try app.queryOne(count, #"["ip",0]"#) == #"{"row":{"count":0}}"#)
        let now = 1_790_000_000_000
        for age in [0, 10, 59_999, 60_000, 60_001, 90_000] {
            try app.run("INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", #"["ip",\#(now - age)]"#)
        }
        #expect(try app.queryOne(count, #"["ip",\#(now - 60_000)]"#) == #"{"row":{"count":3}}"#)
        #expect(
            try app.run("DELETE FROM rate_limits WHERE timestamp < ?", "[\(now - 60_000)]").hasPrefix(
                #"{"changes":2,"#))
        #expect(try app.count("rate_limits") == 4)
    }

    @Test func `INSERT mixes literals, CURRENT_TIMESTAMP and parameters`() throws {
        #expect(
            try app.run(
                """
                INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms, created_at)
                     VALUES (?, ?, 'GET', ?, ?, ?, CURRENT_TIMESTAMP)
                """, #"["6f1c","default","/users?x='",200,12]"#) == #"{"changes":1,"lastInsertRowid":1}"#)
        #expect(
            try app.queryOne(
                """
                SELECT path, status, typeof(duration_ms) AS type,
                  created_at GLOB '2[0-9][0-9][0-9]-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-5][0-9]' AS is_time
                FROM request_logs
                """) == #"{"row":{"path":"/users?x='","status":200,"type":"integer","is_time":1}}"#)
    }

    @Test func `UPDATE sets whichever fields are given, and updated_at`() throws {
        let alice = try app.addUser("Alice", "alice@example.com", bio: "writes")
        try app.run("UPDATE users SET updated_at = '2000-01-01 00:00:00' WHERE id = ?", "[\(alice)]")
        for (fields, values) in [
            ("name = ?", #""Alicia""#), ("bio = ?", "null"), ("name = ?, email = ?", #""Ali","ali@example.com""#),
        ] {
            let sql = "UPDATE users SET \(fields), updated_at = CURRENT_TIMESTAMP WHERE id = ?"
            #expect(try app.run(sql, "[\(values),\(alice)]").hasPrefix(#"{"changes":1,"#))
        }
        #expect(
            try app.queryOne("SELECT name, email, bio, updated_at > '2001' AS is_new FROM users")
                == #"{"row":{"name":"Ali","email":"ali@example.com","bio":null,"is_new":1}}"#)
    }

    @Test func `SET stock = stock - ? counts down`() throws {
        try app.addProduct(7, stock: 5)
        try app.run("UPDATE products SET stock = stock - ? WHERE id = ?", "[2,7]")
        #expect(try app.queryOne("SELECT stock FROM products WHERE id = ?", "[7]") == #"{"row":{"stock":3}}"#)
    }

    @Test(arguments: [0, 1, 2, 7, 300]) func `IN takes a list of any length, also none`(length: Int) throws {
        for number in 0..<8 { try app.addUser("user \(number)", "\(number)@example.com") }
        let marks = Array(repeating: "?", count: length).joined(separator: ", ")
        let ids = (1...301).prefix(length).map(String.init)
        let text = try app.run(
            """
            UPDATE users SET status = ?, updated_at = CURRENT_TIMESTAMP
                 WHERE id IN (\(marks))
            """, "[\((["\"new\""] + ids).joined(separator: ","))]")
        #expect(text.hasPrefix(#"{"changes":\#(min(length, 8)),"#))
        #expect(try app.integer("SELECT count(*) AS n FROM users WHERE status = 'new'") == Int64(min(length, 8)))
    }

    // MARK: 10

    @Test func `true and false bind 1 and 0, null binds NULL, and integers stay integers`() throws {
        #expect(
            try app.queryOne(
                """
                SELECT ?1 AS t, ?2 AS f, ?3 AS n, ?4 AS i, ?5 AS r,
                  typeof(?1) AS tt, typeof(?3) AS nt, typeof(?4) AS it, typeof(?5) AS rt, typeof(?6) AS et
                """, "[true,false,null,3,3.0,3e0]")
                == #"{"row":{"t":1,"f":0,"n":null,"i":3,"r":3.0,"#
                + #""tt":"integer","nt":"null","it":"integer","rt":"real","et":"real"}}"#)
    }

    @Test(arguments: ["0", "-1", "1790000000123", "9007199254740991", "-9007199254740991"])
    func `integers that a double holds are numbers`(number: String) throws {
        try app.run("INSERT INTO rate_limits (key, timestamp) VALUES ('k', ?)", "[\(number)]")
        #expect(
            try app.query(
                "SELECT timestamp, typeof(timestamp) AS type FROM rate_limits WHERE timestamp = ?", "[\(number)]")
                == #"{"rows":[{"timestamp":\#(number),"type":"integer"}]}"#)
    }

    @Test(arguments: [
        "'; DROP TABLE users; --", "a, b", "it's \"quoted\"", "? ?1 :name @x $1", "Grüße, 世界 🌍", "line\nbreak\ttab",
        "", "\\%_", "nul\0inside", "</script>", #"{"$blob":"AA=="}"#,
    ])
    func `text is never read as SQL again, and comes back as it was`(text: String) throws {
        try app.addUser(text, "someone@example.com", bio: text)
        #expect(
            try app.query("SELECT name, bio FROM users WHERE name = ?", "[\(text.json)]")
                == #"{"rows":[{"name":\#(text.json),"bio":\#(text.json)}]}"#)
        #expect(try app.count("users") == 1)
    }

    @Test func `a statement may have lines, leading space, comments and a semicolon`() throws {
        #expect(
            try app.query("\n\n   \t SELECT -- one\n  1 /* two */ AS one\n ; \n -- end") == #"{"rows":[{"one":1}]}"#)
    }
}
