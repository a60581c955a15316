import DoSQLClient
import DoSQLTestSupport
import Foundation
import Testing

/// The statements of the guide's routes, as they stand there.
@Suite("SQL", .timeLimit(.minutes(10)))
struct StatementTests {
    // MARK: 5

    @Test func `SELECT * gives the columns in the order in which they were declared`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            let users = try await guide.app.query("SELECT * FROM users ORDER BY created_at DESC")
            #expect(
                users.columns == ["id", "name", "email", "bio", "role", "created_at", "updated_at", "status"])
            #expect(users.count == 1)
        }
    }

    @Test func `SELECT 1 names its column 1`() async throws {
        try await Guide.run { guide in
            let row = try #require(try await guide.app.queryOne("SELECT 1"))
            #expect(row.columns == ["1"])
            #expect(try row.decode("1") == 1)
        }
    }

    @Test func `the statistics are a SELECT of three counts without FROM`() async throws {
        struct Stats: Decodable, Equatable {
            var users, posts, published_posts: Int
        }
        let sql: SQL = """

                SELECT
                  (SELECT COUNT(*) FROM users) as users,
                  (SELECT COUNT(*) FROM posts) as posts,
                  (SELECT COUNT(*) FROM posts WHERE published = 1) as published_posts
            """
        try await Guide.run { guide in
            let empty = try await guide.app.queryOne(sql, as: Stats.self)
            #expect(empty == Stats(users: 0, posts: 0, published_posts: 0))
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addPost("draft", by: alice)
            try await guide.app.addPost("out", by: alice, published: true)
            let full = try await guide.app.queryOne(sql, as: Stats.self)
            #expect(full == Stats(users: 1, posts: 2, published_posts: 1))
        }
    }

    // MARK: 6

    @Test func `a search is LIKE or LIKE without regard to ASCII case, with LIMIT and OFFSET bound`() async throws {
        try await Guide.run { guide in
            for name in ["Alice", "Bob", "MALICE", "Carol", "Dave"] {
                try await guide.app.addUser(name, "\(name.lowercased())@example.com")
            }
            try await guide.app.addUser("Eve", "alice.two@example.com")
            let search = "%alice%"
            let page = """
                SELECT * FROM users WHERE name LIKE ? OR email LIKE ? ORDER BY created_at DESC LIMIT ? OFFSET ?
                """
            // created_at is the same second for all, so the order among them is left open; the pages must make up the whole.
            var found: [String] = []
            for offset in stride(from: 0, to: 4, by: 2) {
                let users = try await guide.app.query(SQL(raw: page), [search, search, 2, offset])
                #expect(users.count == (offset == 0 ? 2 : 1))
                found += try users.map { try $0.decode("name") }
            }
            #expect(found.sorted() == ["Alice", "Eve", "MALICE"])
            let total = try await guide.app.queryOne(
                "SELECT COUNT(*) as total FROM users WHERE name LIKE ? OR email LIKE ?", [search, search])
            #expect(try total?.decode("total") == 3)
        }
    }

    @Test func `ORDER BY created_at DESC is newest first`() async throws {
        try await Guide.run { guide in
            for (name, time) in [
                ("b", "2026-01-02 00:00:00"), ("c", "2026-01-03 00:00:00"), ("a", "2026-01-01 00:00:00"),
            ] {
                try await guide.app.run(
                    "INSERT INTO users (name, email, created_at) VALUES (?, ?, ?)", [name, "\(name)@example.com", time])
            }
            let names = try await guide.app.query("SELECT name FROM users ORDER BY created_at DESC", as: String.self)
            #expect(names == ["c", "b", "a"])
            let second = try await guide.app.query(
                "SELECT * FROM users ORDER BY created_at DESC LIMIT ? OFFSET ?", [1, 1])
            #expect(try second.map { try $0.decode("name", as: String.self) } == ["b"])
        }
    }

    @Test func `events come by id, ten at a time, behind the last one seen`() async throws {
        try await Guide.run { guide in
            for number in 1...25 {
                try await guide.app.run(
                    "INSERT INTO events (type, data, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)",
                    ["tick", #"{"n":\#(number)}"#])
            }
            var last: Int64 = 0
            var sizes: [Int] = []
            var seen: [Int64] = []
            while true {
                let events = try await guide.app.query(
                    """
                    SELECT * FROM events
                             WHERE id > ?
                             ORDER BY id ASC
                             LIMIT 10
                    """, [last])
                if events.isEmpty { break }
                sizes.append(events.count)
                seen += try events.map { try $0.decode("id") }
                last = try #require(seen.last)
            }
            #expect(sizes == [10, 10, 5])
            #expect(seen == Array(1...25))
        }
    }

    // MARK: 7

    @Test func `posts join their authors: p.* expands, and further columns have aliases`() async throws {
        struct PostWithAuthor: Decodable {
            var id: Int64
            var user_id: Int64
            var title: String
            var published: Bool
            var author_name: String
            var author_email: String
        }
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            let bob = try await guide.app.addUser("Bob", "bob@example.com")
            try await guide.app.addPost("by Alice", by: alice, published: true)
            let draft = try await guide.app.addPost("a draft", by: alice)
            try await guide.app.addPost("by Bob", by: bob, published: true)
            let list: SQL = """
                SELECT p.*, u.name as author_name, u.email as author_email
                 FROM posts p
                 JOIN users u ON u.id = p.user_id
                 WHERE p.published = 1
                 ORDER BY p.created_at DESC
                 LIMIT ? OFFSET ?
                """
            let rows = try await guide.app.query(list, [20, 0])
            #expect(
                rows.columns == [
                    "id", "user_id", "title", "content", "published", "created_at", "updated_at", "author_name",
                    "author_email",
                ])
            let posts = try rows.decode(PostWithAuthor.self)
            #expect(
                Set(posts.map { "\($0.title) \($0.author_email)" }) == [
                    "by Alice alice@example.com", "by Bob bob@example.com",
                ])
            #expect(!posts.contains { !$0.published })
            let one: SQL = """
                SELECT p.*, u.name as author_name, u.email as author_email
                 FROM posts p
                 JOIN users u ON u.id = p.user_id
                 WHERE p.id = \(draft)
                """
            let post = try await guide.app.queryOne(one, as: PostWithAuthor.self)
            #expect(post?.published == false)
            #expect(post?.user_id == alice)
        }
    }

    // MARK: 7 and 8

    @Test func `an order with json_group_array of its items is one row, and the items are text`() async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addProduct(7, stock: 5)
            try await guide.app.addProduct(8, stock: 5)
            let items = [
                OrderItem(product: 7, quantity: 2, price: 5.25), OrderItem(product: 8, quantity: 1, price: 10),
            ]
            let order = try await guide.app.placeOrder(of: items, by: alice)
            let row = try #require(try await guide.app.queryOne(OrderItem.completeOrder, [order]))
            #expect(row.columns == ["id", "user_id", "total", "status", "created_at", "items"])
            #expect(try row.decode("total") == 20.5)
            #expect(try row.decode("status") == "pending")
            #expect(row["items"]?.kind == .text)
            #expect(
                try row.decode("items")
                    == #"[{"productId":7,"quantity":2,"price":5.25},{"productId":8,"quantity":1,"price":10.0}]"#)
            #expect(try await guide.app.queryOne(OrderItem.completeOrder, [order + 1]) == nil)
        }
    }

    // MARK: 9

    @Test func `COUNT(*) of nothing is 0`() async throws {
        try await Guide.run { guide in
            let count = try await guide.app.queryOne(
                "SELECT COUNT(*) as count FROM rate_limits\n               WHERE key = ? AND timestamp > ?", ["ip", 0])
            #expect(try count?.decode("count") == 0)
        }
    }

    @Test func `a rate limit counts its window and deletes what is behind it`() async throws {
        try await Guide.run { guide in
            let now: Int64 = 1_790_000_000_000
            for age: Int64 in [0, 10, 59_999, 60_000, 60_001, 90_000] {
                try await guide.app.run("INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", ["ip", now - age])
            }
            try await guide.app.run("INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", ["another", now])
            let count = try await guide.app.queryOne(
                "SELECT COUNT(*) as count FROM rate_limits\n               WHERE key = ? AND timestamp > ?",
                ["ip", now - 60_000])
            #expect(try count?.decode("count") == 3)
            #expect(try await guide.app.run("DELETE FROM rate_limits WHERE timestamp < ?", [now - 60_000]).changes == 2)
            #expect(try await guide.app.rowCount(of: "rate_limits") == 5)
        }
    }

    @Test func `INSERT mixes literals, CURRENT_TIMESTAMP and parameters`() async throws {
        try await Guide.run { guide in
            try await guide.app.run(
                """
                INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms, created_at)
                     VALUES (?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP)
                """, ["6f1c", "default", "GET", "/users?x='", 200, 12])
            let log = try #require(
                try await guide.app.queryOne(
                    "SELECT path, status, typeof(duration_ms), created_at FROM request_logs",
                    as: (String, Int, String, String).self))
            #expect((log.0, log.1, log.2) == ("/users?x='", 200, "integer"))
            #expect(log.3.isTimestamp)
        }
    }

    @Test func `UPDATE sets whichever fields are given, and updated_at`() async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com", bio: "writes")
            try await guide.app.run("UPDATE users SET updated_at = '2000-01-01 00:00:00' WHERE id = ?", [alice])
            for (fields, values) in [
                ("name = ?", ["Alicia"] as [any DoSQLEncodable]), ("bio = ?", [String?.none]),
                ("name = ?, email = ?", ["Ali", "ali@example.com"]),
            ] {
                let result = try await guide.app.run(
                    SQL(raw: "UPDATE users SET \(fields), updated_at = CURRENT_TIMESTAMP WHERE id = ?"),
                    values + [alice])
                #expect(result.changes == 1)
            }
            let user = try #require(try await guide.app.queryOne("SELECT * FROM users WHERE id = ?", [alice]))
            #expect(try user.decode("name") == "Ali")
            #expect(try user.decode("email") == "ali@example.com")
            #expect(try user.decode("bio", as: String?.self) == nil)
            #expect(try user.decode("updated_at", as: String.self).isTimestamp)
            #expect(try user.decode("updated_at", as: String.self) > "2001")
        }
    }

    @Test func `SET stock = stock - ? counts down`() async throws {
        try await Guide.run { guide in
            try await guide.app.addProduct(7, stock: 5)
            try await guide.app.run("UPDATE products SET stock = stock - ? WHERE id = ?", [2, 7])
            #expect(try await guide.app.stock(of: 7) == 3)
        }
    }

    @Test(arguments: [0, 1, 2, 7, 300]) func `IN takes a list of any length, also none`(length: Int) async throws {
        try await Guide.run { guide in
            try await guide.app.load(
                "INSERT INTO users (name, email) VALUES (?, ?)",
                rows: (1...400).map { ["user \($0)", "\($0)@example.com"] })
            let placeholders = Array(repeating: "?", count: length).joined(separator: ", ")
            let result = try await guide.app.run(
                SQL(
                    raw: """
                        UPDATE users SET status = ?, updated_at = CURRENT_TIMESTAMP
                             WHERE id IN (\(placeholders))
                        """), ["suspended"] + (0..<length).map { $0 + 51 })
            #expect(result.changes == length)
            let suspended = try await guide.app.query(
                "SELECT id FROM users WHERE status = 'suspended' ORDER BY id", as: Int.self)
            #expect(suspended == (0..<length).map { $0 + 51 })
        }
    }

    @Test func `a post is published by its number`() async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            let post = try await guide.app.addPost("soon", by: alice)
            let sql: SQL = "UPDATE posts SET published = 1, updated_at = CURRENT_TIMESTAMP WHERE id = ?"
            #expect(try await guide.app.run(sql, [post]).changes == 1)
            #expect(try await guide.app.run(sql, [post + 1]).changes == 0)
            let row = try await guide.app.queryOne("SELECT * FROM posts WHERE id = ?", [post])
            #expect(try row?.decode("published") == 1)
        }
    }

    @Test func `a session is found by its token, and its user by number`() async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addSession("secret", of: alice)
            let sql: SQL = "SELECT user_id, expires_at FROM sessions WHERE token = ?"
            let session = try #require(try await guide.app.queryOne(sql, ["secret"]))
            #expect(try session.decode("expires_at") == "2999-01-01T00:00:00.000Z")
            let user = try await guide.app.queryOne(
                "SELECT id, name, email, role FROM users WHERE id = ?", [try session.decode("user_id", as: Int64.self)])
            #expect(user?.columns == ["id", "name", "email", "role"])
            #expect(try await guide.app.queryOne(sql, ["' OR 1=1 --"]) == nil)
        }
    }

    @Test func `settings are a row or none`() async throws {
        try await Guide.run { guide in
            let sql: SQL = "SELECT * FROM tenant_settings WHERE tenant_id = ?"
            #expect(try await guide.app.queryOne(sql, ["acme"]) == nil)
            try await guide.app.run("INSERT INTO tenant_settings (tenant_id, theme) VALUES (?, ?)", ["acme", "dark"])
            #expect(try await guide.app.queryOne(sql, ["acme"])?.decode("theme") == "dark")
        }
    }

    // MARK: 10

    @Test func `CURRENT_TIMESTAMP is UTC as YYYY-MM-DD HH:MM:SS`() async throws {
        try await Guide.run { guide in
            let before = Date().timeIntervalSince1970.rounded(.down)
            let row = try await guide.app.queryOne(
                "SELECT CURRENT_TIMESTAMP, unixepoch(CURRENT_TIMESTAMP)", as: (String, Int).self)
            let (text, seconds) = try #require(row)
            #expect(text.isTimestamp)
            #expect((before...Date().timeIntervalSince1970).contains(Double(seconds)))
        }
    }

    @Test(arguments: [0, -1, 1_790_000_000_123, 9_007_199_254_740_993, Int64.max, Int64.min])
    func `integers are exact to 64 bits`(number: Int64) async throws {
        try await Guide.run { guide in
            try await guide.app.run("INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", ["ip", number])
            let row = try await guide.app.queryOne(
                "SELECT timestamp, typeof(timestamp) FROM rate_limits WHERE timestamp = ?", [number])
            #expect(try row?[0].decode(Int64.self) == number)
            #expect(try row?[1].decode(String.self) == "integer")
        }
    }

    @Test func `true and false bind 1 and 0, nil binds NULL, and integers stay integers`() async throws {
        try await Guide.run { guide in
            let types = try #require(
                try await guide.app.queryOne(
                    "SELECT ?1, ?2, ?3, typeof(?1), typeof(?3), typeof(?4), typeof(?5)",
                    [true, false, Int?.none, 3, 3.0]))
            #expect(try types[0].decode(Int.self) == 1)
            #expect(try types[1].decode(Int.self) == 0)
            #expect(types[2].isNull)
            #expect(try types[3].decode(String.self) == "integer")
            #expect(try types[4].decode(String.self) == "null")
            #expect(try types[5].decode(String.self) == "integer")
            #expect(try types[6].decode(String.self) == "real")
        }
    }

    @Test(
        arguments: [
            "'; DROP TABLE users; --", "a, b", "it's \"quoted\"", "? ?1 :name @x $1", "Grüße, 世界 🌍", "line\nbreak\ttab",
            "", "\\%_",
            "nul\u{0}inside",
        ])
    func `text is never read as SQL again`(text: String) async throws {
        try await Guide.run { guide in
            let id = try await guide.app.addUser(text, "someone@example.com", bio: text)
            let row = try await guide.app.queryOne("SELECT name, bio FROM users WHERE id = ?", [id], deadline: nil)
            #expect(try row?.decode("name") == text)
            #expect(try row?.decode("bio") == text)
            #expect(try await guide.app.rowCount(of: "users") == 1)
            #expect(try await guide.app.queryOne("SELECT 1 FROM users WHERE name = \(text)") != nil)
        }
    }

    @Test func `blobs come back byte for byte`() async throws {
        try await Guide.run { guide in
            let bytes = Array(UInt8.min...UInt8.max)
            let row = try await guide.app.queryOne("SELECT ?1, typeof(?1)", [DoSQLValue.blob(bytes)])
            #expect(row?[0].bytes == bytes)
            #expect(try row?[1].decode(String.self) == "blob")
        }
    }
}

extension String {
    /// Whether it reads `2026-01-31 12:00:00`.
    fileprivate var isTimestamp: Bool {
        (try? /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/.wholeMatch(in: self)) != nil
    }
}
