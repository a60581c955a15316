import DoSQLProtocol
import DoSQLTestSupport

/// One write of a test: rows that name it, and mostly an amount moved from one account to another, so that half of it would show.
struct Operation: Hashable, Sendable {
    enum Kind: Sendable, CaseIterable {
        /// One autocommit statement.
        case single
        /// The same with an idempotency key.
        case keyed
        /// A batch.
        case batch
        /// An interactive transaction in one flight.
        case transaction
        /// The same, its COMMIT with an idempotency key.
        case keyedTransaction
        /// A script.
        case script
    }

    static let accounts = 4
    static let balance = 1000

    static let schema = """
        CREATE TABLE IF NOT EXISTS entries(writer INTEGER, number INTEGER, part INTEGER, content BLOB);
        CREATE INDEX IF NOT EXISTS entries_by_writer ON entries(writer, number);
        CREATE TABLE IF NOT EXISTS accounts(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
        INSERT OR IGNORE INTO accounts VALUES \((0..<accounts).map { "(\($0), \(balance))" }.joined(separator: ", "));
        """

    let writer: Int
    let number: Int
    let kind: Kind
    let source: Int
    let target: Int
    let amount: Int
    let size: Int

    init(writer: Int, number: Int, random: inout RandomNumbers) {
        self.writer = writer
        self.number = number
        kind = Kind.allCases[Int.random(in: 0..<Kind.allCases.count, using: &random)]
        source = Int.random(in: 0..<Self.accounts, using: &random)
        target = (source + Int.random(in: 1..<Self.accounts, using: &random)) % Self.accounts
        amount = Int.random(in: 1...9, using: &random)
        // Some rows have overflow pages.
        size = Int.random(in: 0..<8, using: &random) == 0 ? 6000 : 60
    }

    /// How many rows it leaves: `single` and `keyed` move nothing and leave one.
    var parts: Int { kind == .single || kind == .keyed ? 1 : 2 }

    /// What it adds to an account.
    func change(of account: Int) -> Int {
        if parts == 1 { return 0 }
        return (account == target ? amount : 0) - (account == source ? amount : 0)
    }

    var key: String? { kind == .keyed || kind == .keyedTransaction ? "\(writer)-\(number)" : nil }

    private func statements() -> [(sql: String, values: [Value])] {
        let first = (
            "INSERT INTO entries VALUES(?, ?, 0, zeroblob(?))",
            [Value.integer(writer), .integer(number), .integer(size)]
        )
        if parts == 1 { return [first] }
        return [
            first,
            ("UPDATE accounts SET balance = balance - ? WHERE id = ?", [.integer(amount), .integer(source)]),
            ("UPDATE accounts SET balance = balance + ? WHERE id = ?", [.integer(amount), .integer(target)]),
            ("INSERT INTO entries VALUES(?, ?, 1, NULL)", [.integer(writer), .integer(number)]),
        ]
    }

    /// Sends it; gives the ids of its requests, of which the last one decides.
    func send(on client: WireClient) throws -> [UInt32] {
        let statements = statements()
        switch kind {
        case .single, .keyed:
            return [try client.sendRun(.sql(statements[0].sql), .positional(statements[0].values), key: key)]
        case .batch:
            return [try client.sendBatch(statements.map { BatchStep(.sql($0.sql), .init(.positional($0.values))) })]
        case .transaction, .keyedTransaction:
            return try client.together {
                var requests = [try client.sendBegin()]
                for (sql, values) in statements {
                    requests.append(try client.sendExecute(.run, .sql(sql), .positional(values), flags: .depends))
                }
                requests.append(try client.sendCommit(flags: .depends, key: key))
                return requests
            }
        case .script:
            let sql = """
                INSERT INTO entries VALUES(\(writer), \(number), 0, zeroblob(\(size)));
                UPDATE accounts SET balance = balance - \(amount) WHERE id = \(source);
                UPDATE accounts SET balance = balance + \(amount) WHERE id = \(target);
                INSERT INTO entries VALUES(\(writer), \(number), 1, NULL);
                """
            return [try client.sendScript(sql)]
        }
    }

    /// Sends what a client sends that did not get the answer; gives the ids of its requests.
    func sendAgain(on client: WireClient) throws -> [UInt32] {
        guard kind == .keyedTransaction else { return try send(on: client) }
        return try client.together { [try client.sendBegin(), try client.sendCommit(flags: .depends, key: key)] }
    }
}

/// SplitMix64: the same numbers for the same seed, so that a failing run can be had again (up to the threads' timing).
struct RandomNumbers: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
