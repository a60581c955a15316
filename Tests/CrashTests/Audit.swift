import DoSQLProtocol
import DoSQLTestSupport

/// Compares what a restarted server holds of a tenant with what clients were told.
struct Audit {
    /// Every rule that does not hold, as a sentence.
    private(set) var faults: [String] = []
    /// Writes that were acknowledged and are gone.
    private(set) var lost = 0
    /// Writes without an answer that are there.
    private(set) var unansweredFound = 0
    /// Writes that were sent again under their keys.
    private(set) var repeated = 0

    private struct Name: Hashable {
        let writer: Int
        let number: Int
    }

    private struct Conversation: Hashable {
        let writer: Int
        let connection: Int
    }

    private let tenant: String
    /// Whether the newest acknowledged writes may be gone, as long as no older one is.
    private let mayLoseTail: Bool

    /// Whether writes may have been refused whose answers never came: then others behind them may be there.
    private let mayHaveGaps: Bool

    /// Audits one tenant and settles what was unknown.
    init(
        _ ledger: inout Ledger, tenant: String, on process: TestServerProcess, mayLoseTail: Bool = false,
        mayHaveGaps: Bool = false
    ) throws {
        self.tenant = tenant
        self.mayHaveGaps = mayHaveGaps
        self.mayLoseTail = mayLoseTail
        let client = try process.client()
        let lsn = try client.open(tenant).outcome.lsn
        let integrity = try client.value("PRAGMA integrity_check")
        if integrity != .text("ok") { faults.append("integrity_check: \(integrity)") }
        try judgeEntries(&ledger, lsn: lsn, on: client)
        try judgeBalances(ledger, on: client)
        if !mayLoseTail { try repeatKeyed(&ledger, on: client) }
        faults = faults.map { "\(tenant): \($0)" }
    }

    private mutating func judgeEntries(_ ledger: inout Ledger, lsn: UInt64, on client: WireClient) throws {
        var found: [Name: (parts: Value, position: Int64)] = [:]
        for row in try client.query(
            "SELECT writer, number, group_concat(part), min(rowid) FROM (SELECT rowid, * FROM entries ORDER BY 2, 3, 4) GROUP BY 1, 2"
        ).rows {
            guard case .integer(let writer) = row[0], case .integer(let number) = row[1],
                case .integer(let position) = row[3]
            else { continue }
            found[Name(writer: Int(writer), number: Int(number))] = (row[2], position)
        }
        var numbers: Set<UInt64> = []
        // The writes of a stream are carried out in order, so what is there of the last round comes before what is not.
        var gaps: [Conversation: Int] = [:]
        // Nor are they carried out in another order.
        var positions: [Conversation: Int64] = [:]
        let round = ledger.entries.map(\.round).max() ?? 0
        for index in ledger.entries.indices where ledger.entries[index].tenant == tenant {
            let entry = ledger.entries[index]
            let operation = entry.operation
            let name = Name(writer: operation.writer, number: operation.number)
            let rows = found.removeValue(forKey: name)
            let isThere = rows != nil
            if let rows, rows.parts != .text(operation.parts == 1 ? "0" : "0,1") {
                faults.append("\(operation) is there with the parts \(rows.parts)")
            }
            switch entry.answer {
            case .acknowledged(let own):
                if !numbers.insert(own).inserted { faults.append("two writes were told LSN \(own)") }
                if !isThere {
                    lost += 1
                    if !mayLoseTail { faults.append("\(operation) was acknowledged as \(own) and is not there") }
                }
                if isThere != (own <= lsn) {
                    faults.append("\(operation) was told LSN \(own), is there: \(isThere), and the tenant is at \(lsn)")
                }
            case .refused:
                if isThere { faults.append("\(operation) was refused and is there") }
            case .settled(let wasThere):
                if isThere != wasThere { faults.append("\(operation) was there: \(wasThere), now: \(isThere)") }
            case .unknown, .unclear:
                if isThere { unansweredFound += 1 }
                ledger.entries[index].answer = .settled(isThere: isThere)
            }
            guard entry.round == round else { continue }
            let conversation = Conversation(writer: operation.writer, connection: entry.connection)
            if let position = rows?.position {
                if let last = positions.updateValue(position, forKey: conversation), last > position {
                    faults.append("\(operation) is there before what was sent before it")
                }
            }
            guard !mayHaveGaps, entry.answer != .refused, entry.answer != .unclear else { continue }
            if !isThere {
                gaps[conversation] = gaps[conversation] ?? operation.number
            } else if let gap = gaps[conversation] {
                faults.append("\(operation) is there, and number \(gap) before it is not")
            }
        }
        for name in found.keys { faults.append("\(name) is there, and nobody wrote it") }
    }

    private mutating func judgeBalances(_ ledger: Ledger, on client: WireClient) throws {
        var balances = Array(repeating: Operation.balance, count: Operation.accounts)
        for entry in ledger.entries where entry.tenant == tenant {
            switch entry.answer {
            case .acknowledged where mayLoseTail:
                return judgeTotal(try client.value("SELECT sum(balance) FROM accounts"))
            case .acknowledged, .settled(isThere: true):
                for account in balances.indices { balances[account] += entry.operation.change(of: account) }
            case .refused, .unknown, .unclear, .settled: continue
            }
        }
        let rows = try client.query("SELECT balance FROM accounts ORDER BY id").rows
        let expected = balances.map { [Value.integer($0)] }
        if rows != expected { faults.append("balances are \(rows), and should be \(expected)") }
    }

    private mutating func judgeTotal(_ total: Value) {
        if total != .integer(Operation.balance * Operation.accounts) { faults.append("the total is \(total)") }
    }

    /// Sends again, under its key, every write whose answer was lost, and one that was answered.
    private mutating func repeatKeyed(_ ledger: inout Ledger, on client: WireClient) throws {
        let round = ledger.entries.map(\.round).max() ?? 0
        var answered = 0
        for index in ledger.entries.indices
        where ledger.entries[index].tenant == tenant && ledger.entries[index].round == round {
            let entry = ledger.entries[index]
            guard entry.operation.key != nil else { continue }
            switch entry.answer {
            case .acknowledged:
                answered += 1
                if answered > 1 { continue }
            case .settled: break
            case .refused, .unknown, .unclear: continue
            }
            repeated += 1
            var last: Reply?
            for request in try entry.operation.sendAgain(on: client) { last = try client.terminal(of: request) }
            guard let outcome = last?.outcome else {
                faults.append("\(entry.operation), sent again, was answered with \(last.map { "\($0)" } ?? "nothing")")
                continue
            }
            let wasThere = if case .settled(isThere: false) = entry.answer { false } else { true }
            if outcome.replayed != wasThere {
                faults.append(
                    "\(entry.operation) was there: \(wasThere); sent again it was replayed: \(outcome.replayed)")
            }
            if case .acknowledged(let lsn) = entry.answer {
                if outcome.lsn != lsn {
                    faults.append("\(entry.operation) was told LSN \(lsn), and again \(outcome.lsn)")
                }
            } else if !wasThere && entry.operation.kind == .keyed {
                ledger.entries[index].answer = .acknowledged(lsn: outcome.lsn)
            }
        }
    }
}
