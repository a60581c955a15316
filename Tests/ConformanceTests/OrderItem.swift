import DoSQLClient
import Testing

/// What somebody orders.
struct OrderItem: Sendable {
    var product: Int
    var quantity: Int
    var price: Double

    /// A whole order as one row.
    static let completeOrder: SQL = """
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
}

extension DoSQLDatabase {
    /// The guide's order, line by line: whoever asks for more than there is undoes it all.
    func placeOrder(of items: [OrderItem], by user: Int64) async throws -> Int64 {
        try await transaction { tx in
            let total = items.reduce(0) { $0 + $1.price * Double($1.quantity) }
            let order = try await tx.run(
                """
                INSERT INTO orders (user_id, total, status, created_at)
                         VALUES (?, ?, 'pending', CURRENT_TIMESTAMP)
                """, [user, total]
            ).lastInsertRowid
            for item in items {
                let product = try await tx.queryOne("SELECT stock FROM products WHERE id = ?", [item.product])
                guard let stock = try product?.decode("stock", as: Int.self), stock >= item.quantity else {
                    throw AppError(message: "Insufficient stock for product \(item.product)")
                }
                try await tx.run(
                    """
                    INSERT INTO order_items (order_id, product_id, quantity, price)
                               VALUES (?, ?, ?, ?)
                    """, [order, item.product, item.quantity, item.price])
                try await tx.run("UPDATE products SET stock = stock - ? WHERE id = ?", [item.quantity, item.product])
            }
            return order
        }
    }

    /// The same order as one batch: what the closure asks with `guard` is an assertion here.
    func placeOrderInOneBatch(of items: [OrderItem], by user: Int64) async throws -> Int64 {
        let total = items.reduce(0) { $0 + $1.price * Double($1.quantity) }
        var batch = Batch()
        let order = batch.run(
            "INSERT INTO orders (user_id, total, status, created_at) VALUES (\(user), \(total), 'pending', CURRENT_TIMESTAMP)"
        )
        for item in items {
            let product = batch.queryOne("SELECT stock FROM products WHERE id = \(item.product)")
            batch.assert(product.column(0) >= item.quantity, "Insufficient stock for product \(item.product)")
            batch.run(
                """
                INSERT INTO order_items (order_id, product_id, quantity, price)
                VALUES (\(order.lastInsertRowid), \(item.product), \(item.quantity), \(item.price))
                """)
            batch.run("UPDATE products SET stock = stock - \(item.quantity) WHERE id = \(item.product)")
        }
        do {
            guard let id = try await self.batch(batch).lastInsertRowid(of: order) else {
                throw AppError(message: "an order without number")
            }
            return id
        } catch let error as DoSQLError where error.code == .assertionFailed {
            throw AppError(message: error.message)
        }
    }
}

/// The two ways in which an order can be placed.
enum OrderStyle: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case closure
    case batch

    var testDescription: String { rawValue }

    func place(_ items: [OrderItem], by user: Int64, at shop: some DoSQLDatabase) async throws -> Int64 {
        switch self {
        case .closure: try await shop.placeOrder(of: items, by: user)
        case .batch: try await shop.placeOrderInOneBatch(of: items, by: user)
        }
    }
}
