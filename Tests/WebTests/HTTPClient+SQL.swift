import DoSQLTestSupport

/// The guide's calls. What they give is the body as the guide has it (``HTTPAnswer/guideText()``).
extension HTTPClient {
    /// POSTs a statement; `params` is JSON.
    func call(
        _ path: String, _ sql: String, _ params: String = "[]", headers: [(String, String)] = []
    ) throws -> HTTPAnswer {
        try post(path, Self.statement(sql, params), headers: headers)
    }

    /// POST /query.
    func query(_ sql: String, _ params: String = "[]") throws -> String { try call("/query", sql, params).guideText() }

    /// POST /queryOne.
    func queryOne(_ sql: String, _ params: String = "[]") throws -> String {
        try call("/queryOne", sql, params).guideText()
    }

    /// POST /run.
    @discardableResult
    func run(_ sql: String, _ params: String = "[]") throws -> String { try call("/run", sql, params).guideText() }

    /// Runs an INSERT and gives its lastInsertRowid.
    @discardableResult
    func insert(_ sql: String, _ params: String = "[]") throws -> Int64 {
        let answer = try call("/run", sql, params)
        _ = try answer.guideText()
        return try answer.integer("lastInsertRowid")
    }

    /// The integer `n` of a statement's first row.
    func integer(_ sql: String, _ params: String = "[]") throws -> Int64 {
        let answer = try call("/queryOne", sql, params)
        _ = try answer.guideText()
        return try answer.integer("n")
    }

    /// How many rows a table has.
    func count(_ table: String) throws -> Int64 { try integer("SELECT count(*) AS n FROM \(table)") }

    /// Begins a transaction and gives its id. It has minutes, since the machine may be slow.
    func begin(_ body: String = "{}") throws -> String {
        let answer = try post("/transactions", body)
        guard answer.status == 201 else { throw TestSupportError("\(answer.status): \(answer.text)") }
        return try answer.member("id")
    }

    /// The body of a statement's request.
    static func statement(_ sql: String, _ params: String = "[]") -> String {
        #"{"sql":\#(sql.json),"params":\#(params)}"#
    }

    // MARK: What the guide's routes say

    /// `POST /users`.
    @discardableResult
    func addUser(_ name: String, _ email: String, bio: String? = nil) throws -> Int64 {
        try insert(
            "INSERT INTO users (name, email, bio) VALUES (?, ?, ?)",
            "[\(name.json),\(email.json),\(bio?.json ?? "null")]")
    }

    /// `POST /posts`.
    @discardableResult
    func addPost(_ title: String, by user: Int64, published: Bool = false) throws -> Int64 {
        try insert(
            """
            INSERT INTO posts (user_id, title, content, published, created_at, updated_at)
             VALUES (?, ?, ?, ?, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            """, "[\(user),\(title.json),\"content\",\(published)]")
    }

    /// A product with its number, which the guide takes from elsewhere.
    func addProduct(_ id: Int, stock: Int) throws {
        try run("INSERT INTO products (id, name, stock) VALUES (?, ?, ?)", #"[\#(id),"product \#(id)",\#(stock)]"#)
    }
}
