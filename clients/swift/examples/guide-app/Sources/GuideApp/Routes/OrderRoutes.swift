import DoSQLClient
import Hummingbird

/// `/api/v1/orders`, for who has a token.
struct OrderRoutes {
    var routes: RouteCollection<UserContext> {
        RouteCollection(context: UserContext.self).post(use: create)
    }

    struct NewOrder: Validated {
        let items: [Item]

        struct Item: Decodable {
            let productId: WholeNumber
            let quantity: WholeNumber
        }

        func validate() throws(Refusal) {
            try Constraint.list(items, "items", elements: 1...100)
            for (index, item) in items.enumerated() where item.quantity.value < 1 {
                throw .invalid("items.\(index).quantity", "at least 1")
            }
        }
    }

    @Sendable func create(_ request: Request, context: UserContext) async throws -> EditedResponse<Order> {
        let items = try await request.decode(as: NewOrder.self, context: context).items

        // What the statements give is real inside the closure, and whatever it throws undoes the whole order.
        let order = try await context.tenant.transaction { tx in
            let order = try await tx.run("INSERT INTO orders (user_id, total) VALUES (\(context.user.id), 0)")
                .lastInsertRowid
            var total = 0.0
            for item in items {
                total += try await Self.take(item, for: order, in: tx)
            }
            try await tx.run("UPDATE orders SET total = \(total) WHERE id = \(order)")
            return try await Self.order(order, in: tx)
        }
        guard let order else { throw Refusal(.notFound, "Order not found") }
        return EditedResponse(status: .created, response: order)
    }

    /// Takes an item of an order from the stock.
    ///
    /// - Returns: what it costs. The price is ours, not the buyer's.
    private static func take(
        _ item: NewOrder.Item, for order: Int64, in tx: some DoSQLDatabase
    ) async throws -> Double {
        let product = try await tx.queryOne(
            "SELECT stock, price FROM products WHERE id = \(item.productId)", as: (Int64, Double).self)
        guard let (stock, price) = product, stock >= item.quantity.value else {
            throw Refusal(.badRequest, "Insufficient stock for product \(item.productId.value)")
        }
        try await tx.run(
            """
            INSERT INTO order_items (order_id, product_id, quantity, price)
            VALUES (\(order), \(item.productId), \(item.quantity), \(price))
            """)
        try await tx.run("UPDATE products SET stock = stock - \(item.quantity) WHERE id = \(item.productId.value)")
        return price * Double(item.quantity.value)
    }

    /// An order with its items, in the order in which they were sent.
    private static func order(_ id: Int64, in database: some DoSQLDatabase) async throws -> Order? {
        try await database.queryOne(
            """
            SELECT o.*,
                   (SELECT json_group_array(json_object('productId', product_id, 'quantity', quantity, 'price', price))
                    FROM (SELECT * FROM order_items WHERE order_id = o.id ORDER BY id)) AS items
            FROM orders o WHERE o.id = \(id)
            """, as: Order.self)
    }
}
