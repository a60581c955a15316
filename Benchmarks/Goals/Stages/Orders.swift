import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol

/// The guide's order of three items, over a link of a millisecond: as an interactive transaction, as one in one flight,
/// and as one batch. Each ends with the order being read, as the guide's does.
final class Orders: Stage {
    static let rows = ["8"]

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]
    private let server: ServerProcess

    init(_ bench: Workbench) throws {
        server = try ServerProcess(executable: bench.dosql, folder: bench.path("orders"))
        try Conversation.script(Self.schema, in: "bench", at: server.address)
        for (work, steps) in [
            (Work.interactiveOrder, Self.interactive), (Work.oneFlightOrder, [Self.oneFlight]),
            (Work.batchedOrder, [Self.batch]),
        ] {
            cells.append(
                Cell(CellID(.dosql, work)) { [server] seconds in
                    let before = try Self.orderedItems(at: server.address)
                    let generator = try LoadGenerator()
                    let link = try DelayedLink(
                        to: server.address, roundTrip: .milliseconds(1), on: generator.loop)
                    generator.add(Traffic(to: link.address, connections: 1) { _ in Self.dialogue(steps) })
                    let load = try generator.run(
                        warmUp: min(0.2, seconds), seconds: seconds, serverCPU: server.usage.cpuSeconds)
                    link.close()
                    let answers = steps.reduce(0) { $0 + $1.answers }
                    let ordered = try Self.orderedItems(at: server.address) - before
                    guard ordered == load.kinds[0].received / answers * Self.items.count else {
                        throw BenchmarkError("\(load.kinds[0].received) answers, and \(ordered) items were ordered")
                    }
                    // No round can have been faster than the link.
                    guard load.kinds[0].latency.p50 >= UInt64(steps.count) * 990_000 else {
                        throw BenchmarkError("\(steps.count) round trips took \(load.kinds[0].latency.p50) ns")
                    }
                    return Figures(load)
                })
        }
    }

    func close() { server.stop() }

    // MARK: The order

    /// Products and quantities.
    private static let items: [(product: Int64, quantity: Int64, price: Double)] = [
        (1, 2, 9.5), (2, 1, 20), (3, 5, 1.25),
    ]

    private static let schema = """
        CREATE TABLE products(id INTEGER PRIMARY KEY, name TEXT NOT NULL, stock INTEGER NOT NULL CHECK (stock >= 0));
        CREATE TABLE orders(
            id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, total REAL NOT NULL, status TEXT NOT NULL,
            created_at TEXT DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE order_items(
            id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id),
            product_id INTEGER NOT NULL REFERENCES products(id), quantity INTEGER NOT NULL, price REAL NOT NULL);
        CREATE INDEX idx_order_items ON order_items(order_id);
        INSERT INTO products VALUES (1, 'Cup', 1000000000), (2, 'Pot', 1000000000), (3, 'Spoon', 1000000000);
        """

    private static let makeOrder = StatementSource.prepared(1)
    private static let stock = StatementSource.prepared(2)
    /// Of the newest order: within its transaction that is its own.
    private static let makeItemOfNewest = StatementSource.prepared(3)
    private static let takeStock = StatementSource.prepared(4)
    private static let newest = StatementSource.prepared(5)
    private static let makeItem = StatementSource.prepared(6)
    private static let order = StatementSource.prepared(7)

    private static let texts = [
        "INSERT INTO orders (user_id, total, status) VALUES (?, ?, 'pending')",
        "SELECT stock FROM products WHERE id = ?",
        "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES ((SELECT max(id) FROM orders), ?, ?, ?)",
        "UPDATE products SET stock = stock - ? WHERE id = ?",
        orderText.replacing("?", with: "(SELECT max(id) FROM orders)"),
        "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES (?, ?, ?, ?)",
        orderText,
    ]

    private static let orderText = """
        SELECT o.*, json_group_array(json_object('productId', oi.product_id, 'quantity', oi.quantity, 'price', oi.price)) AS items
        FROM orders o JOIN order_items oi ON oi.order_id = o.id WHERE o.id = ? GROUP BY o.id
        """

    private static func dialogue(_ steps: [Burst]) -> Dialogue {
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(into: &opening, request: 1, client: "benchmark")
        Open.encode(into: &opening, stream: 1, request: 2, tenant: "bench")
        for (index, text) in texts.enumerated() {
            Prepare.encode(into: &opening, request: UInt32(3 + index), id: UInt32(1 + index), sql: text)
        }
        return Dialogue(
            opening: opening.take(), openingAnswers: 2 + texts.count, steps: steps, unit: .rounds,
            answers: FrameAnswers())
    }

    /// The frames of a transaction, each by itself.
    private static func frames(_ flags: FrameFlags) -> [Burst] {
        var frames: [Burst] = []
        func add(_ encode: (_ writer: inout ByteWriter) -> Void) {
            var burst = Burst()
            burst.addFrame { writer, _ in encode(&writer) }
            frames.append(burst)
        }
        func execute(_ kind: Execute.Kind, _ statement: StatementSource, _ values: [Value], _ flags: FrameFlags) {
            add {
                Execute.encode(
                    into: &$0, kind: kind, stream: 1, request: 1, flags: flags, statement: statement,
                    parameters: .positional(values))
            }
        }
        add { Begin.encode(into: &$0, stream: 1, request: 1, mode: .write) }
        execute(.run, makeOrder, [.integer(7), .real(total)], flags)
        for item in items {
            execute(.queryOne, stock, [.integer(item.product)], flags)
            execute(
                .run, makeItemOfNewest, [.integer(item.product), .integer(item.quantity), .real(item.price)], flags)
            execute(.run, takeStock, [.integer(item.quantity), .integer(item.product)], flags)
        }
        add { Commit.encode(into: &$0, stream: 1, request: 1, flags: flags) }
        execute(.queryOne, newest, [], [])
        return frames
    }

    private static let total = items.reduce(0) { $0 + Double($1.quantity) * $1.price }

    private static let interactive = frames([])

    private static let oneFlight = {
        var flight = Burst()
        for burst in frames(.depends) { flight.add(burst.bytes, slots: burst.slots) }
        return flight
    }()

    private static let batch = {
        let orderID = StepValue.reference(.lastInsertRowid(step: 0))
        var steps = [BatchStep(makeOrder, .positional([.value(.integer(7)), .value(.real(total))]))]
        for item in items {
            let product = StepValue.value(.integer(item.product))
            let quantity = StepValue.value(.integer(item.quantity))
            let inStock = Expression.compare(
                .greaterOrEqual, .reference(.column(step: steps.count, column: 0)), quantity)
            steps += [
                BatchStep(
                    stock, .positional([product]), want: .first, assertion: inStock, message: "Insufficient stock"),
                BatchStep(makeItem, .positional([orderID, product, quantity, .value(.real(item.price))])),
                BatchStep(takeStock, .positional([quantity, product])),
            ]
        }
        steps.append(BatchStep(order, .positional([orderID]), want: .first))
        var burst = Burst()
        burst.addFrame { writer, _ in Batch.encode(into: &writer, stream: 1, request: 1, steps: steps) }
        return burst
    }()

    private static func orderedItems(at address: ListenAddress) throws -> Int {
        Int(try Conversation.integer("SELECT count(*) FROM order_items", at: address))
    }
}
