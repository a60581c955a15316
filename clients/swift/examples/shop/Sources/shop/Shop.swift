import DoSQLClient

/// A small shop on one tenant: run with the URL of a server, `dosql://127.0.0.1/shop`. It says what it does, and fails loudly where the database does not.
@main
enum Shop {
    static func main() async throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: shop dosql://HOST/TENANT")
            throw Unexpected("the URL of a server is missing")
        }
        try await withDoSQLClient(CommandLine.arguments[1]) { client in
            guard let shop = client.tenant else { throw Unexpected("the URL names no tenant") }
            try await migrate(shop)
            try await sell(shop)
            try await sellInOneRoundTrip(shop)
            try await addCustomers(shop)
        }
        print("the shop works")
    }

    static func migrate(_ shop: Tenant) async throws {
        let report = try await shop.migrate([
            Migration(
                id: "001_shop",
                sql: """
                    CREATE TABLE customers(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, email TEXT UNIQUE NOT NULL);
                    CREATE TABLE products(id INTEGER PRIMARY KEY, name TEXT NOT NULL, stock INTEGER NOT NULL CHECK (stock >= 0));
                    CREATE TABLE orders(
                        id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INTEGER NOT NULL REFERENCES customers(id), total REAL NOT NULL);
                    CREATE TABLE order_items(
                        order_id INTEGER NOT NULL REFERENCES orders(id), product_id INTEGER NOT NULL REFERENCES products(id),
                        quantity INTEGER NOT NULL, price REAL NOT NULL);
                    INSERT INTO customers(name, email) VALUES ('Alice', 'alice@example.com');
                    INSERT INTO products(id, name, stock) VALUES (7, 'lamp', 5), (8, 'chair', 1);
                    """)
        ])
        print("migrations applied now: \(report.applied.map(\.id))")
    }

    struct Item {
        var product: Int
        var quantity: Int
        var price: Double
    }

    struct OutOfStock: Error, Equatable {
        var product: Int
    }

    /// The guide's order: what the statements give is real inside the closure, and an error undoes everything.
    static func order(_ items: [Item], by customer: Int, at shop: Tenant) async throws -> Int64 {
        try await shop.transaction { tx in
            let total = items.reduce(0) { $0 + $1.price * Double($1.quantity) }
            let order = try await tx.run("INSERT INTO orders(customer_id, total) VALUES (\(customer), \(total))")
                .lastInsertRowid
            for item in items {
                let stock = try await tx.queryOne("SELECT stock FROM products WHERE id = \(item.product)")?.decode(
                    "stock", as: Int.self)
                guard let stock, stock >= item.quantity else { throw OutOfStock(product: item.product) }
                try await tx.run(
                    """
                    INSERT INTO order_items(order_id, product_id, quantity, price)
                    VALUES (\(order), \(item.product), \(item.quantity), \(item.price))
                    """)
                try await tx.run("UPDATE products SET stock = stock - \(item.quantity) WHERE id = \(item.product)")
            }
            return order
        }
    }

    static func sell(_ shop: Tenant) async throws {
        let first = try await order(
            [Item(product: 7, quantity: 2, price: 5.25), Item(product: 8, quantity: 1, price: 10)], by: 1, at: shop)
        print("order \(first) is placed")
        do {
            _ = try await order(
                [Item(product: 7, quantity: 1, price: 5.25), Item(product: 8, quantity: 1, price: 10)], by: 1, at: shop)
            throw Unexpected("a chair was sold twice")
        } catch let error as OutOfStock {
            print("refused: product \(error.product) is out of stock")
        }
        let stock = try await shop.query("SELECT id, stock FROM products ORDER BY id", as: (Int, Int).self)
        try expect(stock.map { "\($0.0):\($0.1)" } == ["7:3", "8:0"], "a refused order leaves no trace")
    }

    /// The same order as one batch: one round trip, with an assertion in place of the `if`.
    static func sellInOneRoundTrip(_ shop: Tenant) async throws {
        func batch(quantity: Int) -> Batch {
            var batch = Batch()
            let order = batch.run("INSERT INTO orders(customer_id, total) VALUES (1, \(5.25 * Double(quantity)))")
            let stock = batch.query("SELECT stock FROM products WHERE id = 7")
            batch.assert(stock.column(0) >= quantity, "Insufficient stock for product 7")
            batch.run(
                "INSERT INTO order_items(order_id, product_id, quantity, price) VALUES (\(order.lastInsertRowid), 7, \(quantity), 5.25)"
            )
            batch.run("UPDATE products SET stock = stock - \(quantity) WHERE id = 7")
            return batch
        }
        try await shop.batch(batch(quantity: 3))
        do {
            try await shop.batch(batch(quantity: 1))
            throw Unexpected("more lamps were sold than there were")
        } catch let error as DoSQLError where error.code == .assertionFailed {
            print("refused: \(error.message)")
        }
    }

    struct Customer: Decodable {
        var id: Int
        var name: String
        var email: String
    }

    /// The guide's bulk insert: a row that fails is reported, the others stay.
    static func addCustomers(_ shop: Tenant) async throws {
        let names = ["Bob", "Alice", "Carol"]
        let failed = try await shop.transaction { tx in
            var failed: [String] = []
            for name in names {
                do {
                    try await tx.run(
                        "INSERT INTO customers(name, email) VALUES (\(name), \(name.lowercased() + "@example.com"))")
                } catch let error as DoSQLError where error.code == .constraintUnique {
                    failed.append("\(name): \(error.message)")
                }
            }
            return failed
        }
        print("not added: \(failed)")
        let customers = try await shop.query("SELECT id, name, email FROM customers ORDER BY name", as: Customer.self)
        try expect(customers.map(\.name) == ["Alice", "Bob", "Carol"], "the others were added")
    }

    static func expect(_ holds: Bool, _ what: String) throws {
        if !holds { throw Unexpected("this does not hold: \(what)") }
    }
}

/// The database did not do what it says.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
