import DoSQLClient
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// The guide's order, as a closure and as one batch.
@Suite("Orders", .timeLimit(.minutes(10)))
struct OrderTests {
    /// A shop with product 7 and product 8, and somebody who buys.
    private func withShop(
        stock: Int, _ body: (Guide, Int64) async throws -> Void
    ) async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addProduct(7, stock: stock)
            try await guide.app.addProduct(8, stock: 1)
            try await body(guide, alice)
        }
    }

    @Test(arguments: OrderStyle.allCases)
    func `an order is placed: its number is real, its items are there, the stock went down`(style: OrderStyle)
        async throws
    {
        try await withShop(stock: 5) { guide, alice in
            for expected: Int64 in [1, 2] {
                let order = try await style.place(
                    [OrderItem(product: 7, quantity: 2, price: 5.25)], by: alice, at: guide.app)
                #expect(order == expected)
                let items = try await guide.app.queryOne(
                    "SELECT order_id, product_id, quantity, price FROM order_items WHERE order_id = ?", [order])
                #expect(try #require(items).decode((Int64, Int, Int, Double).self) == (order, 7, 2, 5.25))
            }
            #expect(try await guide.app.stock(of: 7) == 1)
        }
    }

    @Test(arguments: OrderStyle.allCases)
    func `Insufficient stock rolls everything back, and the same error reaches the caller`(style: OrderStyle)
        async throws
    {
        try await withShop(stock: 5) { guide, alice async throws in
            let items = [
                OrderItem(product: 7, quantity: 2, price: 5.25), OrderItem(product: 8, quantity: 2, price: 10),
            ]
            let error = await #expect(throws: AppError.self) {
                _ = try await style.place(items, by: alice, at: guide.app)
            }
            #expect(error?.message == "Insufficient stock for product 8")
            #expect(try await guide.app.rowCount(of: "orders") == 0)
            #expect(try await guide.app.rowCount(of: "order_items") == 0)
            #expect(try await guide.app.stock(of: 7) == 5)
            #expect(try await guide.app.stock(of: 8) == 1)
        }
    }

    @Test(arguments: OrderStyle.allCases)
    func `a product that is not there is not in stock`(style: OrderStyle) async throws {
        try await withShop(stock: 5) { guide, alice async throws in
            await #expect(throws: AppError(message: "Insufficient stock for product 9")) {
                _ = try await style.place([OrderItem(product: 9, quantity: 1, price: 1)], by: alice, at: guide.app)
            }
            #expect(try await guide.app.rowCount(of: "orders") == 0)
        }
    }

    @Test(arguments: OrderStyle.allCases)
    func `of twelve buyers at once five get what five are there of, and seven are refused`(style: OrderStyle)
        async throws
    {
        try await withShop(stock: 5) { guide, alice in
            try await guide.withAnotherClient { second in
                let shops = [guide.app, second.tenant("default")]
                let sold = await withTaskGroup(of: Result<Int64, any Error>.self) { group in
                    for number in 0..<12 {
                        group.addTask {
                            do {
                                let item = OrderItem(product: 7, quantity: 1, price: 5.25)
                                return .success(try await style.place([item], by: alice, at: shops[number % 2]))
                            } catch {
                                return .failure(error)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(sold.compactMap { try? $0.get() }).count == 5)
                for case .failure(let error) in sold {
                    #expect(error as? AppError == AppError(message: "Insufficient stock for product 7"))
                }
            }
            #expect(try await guide.app.stock(of: 7) == 0)
            #expect(try await guide.app.rowCount(of: "orders") == 5)
            #expect(try await guide.app.rowCount(of: "order_items") == 5)
        }
    }

    @Test func `as a batch an order is one request, as a closure one for each statement`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            for product in [7, 8, 9] { try await guide.app.addProduct(product, stock: 5) }
            let items = [7, 8, 9].map { OrderItem(product: $0, quantity: 1, price: 1) }
            let before = proxy.requestCount
            _ = try await guide.app.placeOrderInOneBatch(of: items, by: alice)
            #expect(proxy.requestCount - before == 1)
            #expect(proxy.count(of: .batch) == 1)
            _ = try await guide.app.placeOrder(of: items, by: alice)
            // BEGIN, the order, three times three statements, COMMIT.
            #expect(proxy.requestCount - before == 1 + 12)
        }
    }

    @Test func `an error of a batch names its step, and an assertion keeps its words`() async throws {
        try await withShop(stock: 0) { guide, alice in
            var batch = Batch()
            batch.run("INSERT INTO orders (user_id, total) VALUES (\(alice), 1)")
            let stock = batch.queryOne("SELECT stock FROM products WHERE id = 7")
            batch.assert(stock.column(0) >= 1, "Insufficient stock for product 7")
            batch.run("UPDATE products SET stock = stock - 1 WHERE id = 7")
            let error = await #expect(throws: DoSQLError.self) { try await guide.app.batch(batch) }
            #expect(error?.code == .assertionFailed)
            #expect(error?.category == .conflict)
            #expect(error?.step == 1)
            #expect(error?.message == "Insufficient stock for product 7")
            #expect(error?.userMessage == "Insufficient stock for product 7")
        }
    }
}
