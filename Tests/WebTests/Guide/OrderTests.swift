import DoSQLTestSupport
import Testing

/// The guide's order: as a batch in one request, and statement by statement in a transaction.
struct OrderTests {
    private let server: TestServer
    private let app: HTTPClient
    private let alice: Int64

    init() throws {
        server = try TestServer.guide()
        app = try server.http("acme")
        alice = try app.addUser("Alice", "alice@example.com")
        try app.addProduct(7, stock: 5)
        try app.addProduct(8, stock: 1)
    }

    /// An order of products and quantities as one batch: what the guide asks with `if` is an assertion.
    private func order(_ items: (product: Int, quantity: Int)...) -> String {
        var steps = [
            #"{"sql":"INSERT INTO orders (user_id, total, status, created_at)"#
                + #" VALUES (?, ?, 'pending', CURRENT_TIMESTAMP)","params":[\#(alice),10.5]}"#
        ]
        for (product, quantity) in items {
            let step = steps.count
            steps += [
                #"{"sql":"SELECT stock FROM products WHERE id = ?","params":[\#(product)],"want":"first","#
                    + #""assert":{"ge":[{"$ref":{"step":\#(step),"column":0}},\#(quantity)]},"#
                    + #""message":"Insufficient stock for product \#(product)"}"#,
                #"{"sql":"INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (?, ?, ?, 5.25)","#
                    + #""params":[{"$ref":{"step":0,"value":"lastInsertRowid"}},\#(product),\#(quantity)]}"#,
                #"{"sql":"UPDATE products SET stock = stock - ? WHERE id = ?","params":[\#(quantity),\#(product)]}"#,
            ]
        }
        return #"{"steps":[\#(steps.joined(separator: ","))]}"#
    }

    private func stock(_ product: Int) throws -> Int64 {
        try app.integer("SELECT stock AS n FROM products WHERE id = ?", "[\(product)]")
    }

    @Test func `an order in one request: its number is real, its items are there, the stock went down`() throws {
        let answer = try app.post("/batch", order((7, 2), (8, 1)))
        #expect(answer.status == 200, "\(answer.text)")
        let front =
            #"{"results":[{"status":"done","changes":1,"lastInsertRowid":1},"#
            + #"{"status":"done","rows":[{"stock":5}],"changes":0,"lastInsertRowid":"#
        #expect(answer.text.hasPrefix(front), "\(answer.text)")
        #expect(
            try app.query("SELECT order_id, product_id, quantity, price FROM order_items")
                == #"{"rows":[{"order_id":1,"product_id":7,"quantity":2,"price":5.25},"#
                + #"{"order_id":1,"product_id":8,"quantity":1,"price":5.25}]}"#)
        #expect(try stock(7) == 3)
        #expect(try stock(8) == 0)
    }

    @Test func `Insufficient stock is the error's very words, and undoes everything`() throws {
        let answer = try app.post("/batch", order((7, 2), (8, 2)))
        #expect(answer.status == 409)
        #expect(
            answer.text
                == #"{"error":"Insufficient stock for product 8","code":"ASSERTION_FAILED","category":"CONFLICT","#
                + #""retryable":false,"executed":"no","step":4}"#)
        #expect(try app.count("orders") == 0)
        #expect(try app.count("order_items") == 0)
        #expect(try stock(7) == 5)
        let missing = try app.post("/batch", order((9, 1)))
        #expect(try missing.member("error") == "Insufficient stock for product 9")
    }

    @Test func `of twelve buyers at once five get what five are there of, and seven are refused`() throws {
        let buyers = try (0..<12).map { _ in try server.http("acme") }
        let body = order((7, 1))
        for buyer in buyers { try buyer.send("POST", "/batch", body: body) }
        var sold = 0
        var refused = 0
        for buyer in buyers {
            let answer = try buyer.answer()
            switch answer.status {
            case 200: sold += 1
            case 409 where try answer.member("error") == "Insufficient stock for product 7": refused += 1
            default: Issue.record("\(answer.status) \(answer.text)")
            }
        }
        #expect(sold == 5 && refused == 7)
        #expect(try stock(7) == 0)
        #expect(try app.count("orders") == 5)
        #expect(try app.count("order_items") == 5)
    }

    @Test func `the same in transactions whose statements wait for their answers`() throws {
        var sold = 0
        var refused = 0
        let buyers = try (0..<12).map { _ in try server.http("acme") }
        // All ask for the turn at once; each gets it when the one before has ended.
        for buyer in buyers { try buyer.send("POST", "/transactions", body: "{}") }
        for _ in buyers {
            // Nobody knows who is next.
            var next: HTTPClient?
            let found = try Deadline.poll {
                next = try buyers.first { try $0.socket.hasInput(within: .zero) && !$0.hasOrdered }
                return next != nil
            }
            #expect(found)
            let buyer = try #require(next)
            let begun = try buyer.answer()
            #expect(begun.status == 201)
            buyer.headers.append(("X-Request-ID", "ordered"))
            let id = try begun.member("id")
            if try buy(by: buyer, in: id) { sold += 1 } else { refused += 1 }
        }
        #expect(sold == 5 && refused == 7)
        #expect(try stock(7) == 0)
        #expect(try app.count("orders") == 5)
        #expect(try app.count("order_items") == 5)
    }

    /// The guide's closure: gives whether there was one left.
    private func buy(by buyer: HTTPClient, in id: String) throws -> Bool {
        let path = "/transactions/\(id)"
        let placed = try buyer.call(
            path + "/run", "INSERT INTO orders (user_id, total, status) VALUES (?, ?, 'pending')", "[\(alice),5.25]")
        let order = try placed.integer("lastInsertRowid")
        let row = try buyer.call(path + "/queryOne", "SELECT stock AS n FROM products WHERE id = ?", "[7]")
        guard try row.integer("n") >= 1 else {
            #expect(try buyer.post(path + "/rollback", "").status == 200)
            return false
        }
        _ = try buyer.call(
            path + "/run", "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (?, 7, 1, 5.25)",
            "[\(order)]"
        ).guideText()
        _ = try buyer.call(path + "/run", "UPDATE products SET stock = stock - ? WHERE id = ?", "[1,7]").guideText()
        let committed = try buyer.post(path + "/commit", "")
        #expect(committed.status == 200, "\(committed.text)")
        return true
    }
}

extension HTTPClient {
    /// Whether its turn has been.
    fileprivate var hasOrdered: Bool { headers.contains { $0.0 == "X-Request-ID" } }
}
