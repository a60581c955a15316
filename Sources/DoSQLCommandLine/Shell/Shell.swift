import DoSQLClient
import DoSQLLoop

/// Reads statements and commands and carries them out, one after the other.
///
/// It lives on the main actor and may wait there for a key: nothing else does, connections least of all. A transaction
/// is a
/// closure of the client's that goes on reading until COMMIT or ROLLBACK; `.read` puts a file on top of what is being
/// read.
@MainActor
final class Shell {
    private let client: DoSQLClient
    private let tenant: Tenant
    private let tenantName: String
    private var printer: ResultPrinter
    private var bails: Bool
    private var isTimed = false
    private var isInteractive = false

    /// What is read, the innermost last.
    private var sources: [any LineSource] = []
    private var splitter = StatementSplitter()
    private var isOver = false
    private let running = RunningStatement()

    /// Whether statements go through a transaction.
    private var isInTransaction = false
    /// The open savepoints of a transaction that a SAVEPOINT began; nil in one that BEGIN began.
    private var savepoints: [String]?
    /// `PRAGMA foreign_keys=OFF` was read, as dumps have it: the next transaction checks foreign keys when it commits.
    private var defersForeignKeys = false

    /// Statements and commands that failed.
    private(set) var failures = 0

    init(client: DoSQLClient, tenant: String, printer: ResultPrinter, bails: Bool) {
        self.client = client
        self.tenant = client.tenant(tenant)
        tenantName = tenant
        self.printer = printer
        self.bails = bails
    }

    /// Carries out a text; what it prints is only what its statements give.
    func carryOut(_ lines: some LineSource) async throws {
        sources = [lines]
        try await readAll()
    }

    /// Talks with a person.
    func converse(through editor: LineEditor) async throws {
        isInteractive = true
        let interrupts = try running.cancelOnInterrupt()
        defer {
            editor.close()
            interrupts.stop()
        }
        Output.line("\(Version.text), tenant \(tenantName). Statements end with a semicolon; .help lists commands.")
        sources = [editor]
        try await readAll()
    }

    // MARK: Reading

    private enum Input {
        case sql(String)
        case command(String)
    }

    private func readAll() async throws {
        while let input = try nextInput() {
            switch input {
            case .command(let line): try await carryOut(command: line, on: tenant)
            case .sql(let sql): try await carryOut(sql: sql)
            }
        }
    }

    /// The next statement or command; nil when the shell is over.
    private func nextInput() throws -> Input? {
        while !isOver {
            if let statement = splitter.next() {
                if let sql = try text(of: statement) { return .sql(sql) }
                continue
            }
            guard let source = sources.last else { return nil }
            switch try source.next(prompt: prompt) {
            case .interrupted: splitter.clear()
            case .line(let line):
                let text = String(decoding: line, as: UTF8.self)
                if !splitter.isInStatement, text.hasPrefix(".") { return .command(text) }
                splitter.append(line)
                // A line always ends: a word never goes on in the next one.
                if line.last != 0x0A { splitter.append([0x0A]) }
            case .end:
                sources.removeLast()
                if isInteractive, sources.isEmpty { Output.line("") }
                if let rest = splitter.rest(), let sql = try text(of: rest) { return .sql(sql) }
            }
        }
        return nil
    }

    /// A statement as text: SQL is UTF-8, and repairing it would change values.
    private func text(of statement: [UInt8]) throws -> String? {
        if let text = String(validating: statement, as: UTF8.self) { return text }
        try report(CommandError("a statement is not UTF-8"))
        return nil
    }

    private var prompt: String {
        if !splitter.isInStatement { return "\(tenantName)\(isInTransaction ? "*" : "")> " }
        return String(repeating: " ", count: max(0, tenantName.count - 3)) + "...\(isInTransaction ? "*" : "")> "
    }

    // MARK: Statements outside of a transaction

    private func carryOut(sql: String) async throws {
        switch TransactionControl(sql) {
        case .begin(let isReadOnly):
            savepoints = nil
            try await transaction(isReadOnly ? .read : .write, first: nil)
        case .savepoint(let name):
            savepoints = [name]
            try await transaction(.write, first: sql)
        case .commit, .rollback, .release, .rollbackTo: try report(CommandError("no transaction is open"))
        case nil:
            if let isOn = ForeignKeysPragma(sql)?.isOn {
                defersForeignKeys = !isOn
                if isInteractive, !isOn {
                    Output.errorLine("foreign keys stay on; the next transaction checks them when it commits")
                }
                return
            }
            try await attempt(sql: sql) { try await self.run(sql, on: self.tenant) }
        }
    }

    // MARK: Transactions

    /// Ends the closure of a transaction that is to be rolled back, or is lost.
    private struct RolledBack: Error {}

    private func transaction(_ mode: TransactionMode, first: String?) async throws {
        defer {
            isInTransaction = false
            savepoints = nil
        }
        do {
            try await tenant.transaction(mode: mode, options: TransactionOptions()) { transaction in
                self.isInTransaction = true
                if self.defersForeignKeys, case .write = mode {
                    self.defersForeignKeys = false
                    try await transaction.run("PRAGMA defer_foreign_keys = ON")
                }
                if let first { try await transaction.run(SQL(raw: first)) }
                try await self.readTransaction(transaction)
            }
        } catch is RolledBack {
        } catch let error as DoSQLError {
            try report(error, sql: first)
        }
    }

    /// Reads until the transaction is over.
    private func readTransaction(_ transaction: Transaction) async throws {
        while let input = try nextInput() {
            switch input {
            case .command(let line): try await carryOut(command: line, on: transaction)
            case .sql(let sql): if try await carryOut(sql: sql, in: transaction) { return }
            }
        }
        if !isOver || isInteractive { Output.errorLine("the open transaction is rolled back") }
        throw RolledBack()
    }

    /// - Returns: whether the transaction is over.
    private func carryOut(sql: String, in transaction: Transaction) async throws -> Bool {
        let control = TransactionControl(sql)
        if case .begin = control {
            try report(CommandError("a transaction is open already"))
            return false
        }
        if let isOn = ForeignKeysPragma(sql)?.isOn {
            // SQLite ignores it here, too.
            if isInteractive {
                Output.errorLine("foreign keys stay \(isOn ? "on" : "as they are") inside of a transaction")
            }
            return false
        }
        if control == .rollback { throw RolledBack() }
        // The last of the savepoints that began a transaction commits it.
        let isCommit = control == .commit || commitsWith(release: control)
        let text = isCommit ? "COMMIT" : sql
        let succeeded = try await attempt(sql: sql, isCommit: isCommit) { try await self.run(text, on: transaction) }
        guard succeeded else { return false }
        note(control)
        return isCommit
    }

    private func commitsWith(release control: TransactionControl?) -> Bool {
        guard case .release(let name) = control, let savepoints else { return false }
        return savepoints.lastIndex { $0.lowercased() == name.lowercased() } == 0
    }

    private func note(_ control: TransactionControl?) {
        guard var names = savepoints else { return }
        switch control {
        case .savepoint(let name): names.append(name)
        case .release(let name):
            if let place = names.lastIndex(where: { $0.lowercased() == name.lowercased() }) {
                names.removeSubrange(place...)
            }
        case .rollbackTo(let name):
            if let place = names.lastIndex(where: { $0.lowercased() == name.lowercased() }) {
                names.removeSubrange((place + 1)...)
            }
        case .begin, .commit, .rollback, nil: break
        }
        savepoints = names
    }

    // MARK: One statement

    private func run(_ sql: String, on database: some DoSQLDatabase) async throws {
        if TransactionControl(sql) != nil {
            try await database.run(SQL(raw: sql))
            return
        }
        let result = try await printer.carryOut(SQL(raw: sql), on: database)
        if isInteractive, let result, result.changes > 0 { Output.line(result.text) }
    }

    /// Carries something out so that Ctrl-C can end it, and reports its failure.
    ///
    /// - Returns: whether it succeeded.
    /// - Throws: where the transaction is gone, or nobody reads what is printed.
    @discardableResult
    private func attempt(
        sql: String? = nil, isCommit: Bool = false, _ work: @escaping @MainActor () async throws -> Void
    ) async throws -> Bool {
        let start = ContinuousClock.now
        defer {
            if isTimed { Output.line("Run time: \(start.duration(to: .now).formattedSeconds) s") }
        }
        let task = Task { try await work() }
        running.begin { task.cancel() }
        defer { running.end() }
        do {
            try await task.value
            return true
        } catch is CancellationError {
            interrupted()
        } catch let error as DoSQLError where error.code == .cancelled {
            interrupted()
        } catch let error as DoSQLError {
            try report(error, sql: sql)
            // COMMIT of an aborted transaction ends it (`protocol/transactions.md`); a deferred constraint does not.
            if isInTransaction, error.endsTransaction || (isCommit && error.code == .transactionAborted) {
                Output.errorLine("the transaction was rolled back")
                throw RolledBack()
            }
        } catch let error as LoopError where error.isPeerGone {
            throw error
        } catch {
            try report(error)
        }
        return false
    }

    private func interrupted() {
        failures += 1
        Output.errorLine("interrupted")
        // What stands behind it, in the line or in a file, is not wanted either.
        splitter.clear()
        if isInteractive { sources = Array(sources.prefix(1)) }
    }

    private func report(_ error: any Error, sql: String? = nil) throws {
        failures += 1
        let text = (error as? DoSQLError).map { ErrorText($0, sql: sql).description } ?? "\(error)"
        Output.errorLine("Error: \(text)")
        guard bails else { return }
        if isInteractive { sources = Array(sources.prefix(1)) } else { isOver = true }
        splitter.clear()
    }

    // MARK: Commands

    private func carryOut(command line: String, on database: some DoSQLDatabase) async throws {
        do {
            try await carryOut(try DotCommand(line), on: database)
        } catch let fault as DotCommand.Fault {
            try report(fault)
        }
    }

    private func carryOut(_ command: DotCommand, on database: some DoSQLDatabase) async throws {
        switch command {
        case .help: Output.line(DotCommand.helpText)
        case .mode(let format): printer.format = format
        case .headers(let isOn): printer.hasHeader = isOn
        case .timer(let isOn): isTimed = isOn
        case .bail(let isOn): bails = isOn
        case .quit: isOver = true
        case .read(let file):
            do {
                sources.append(FileLines(try BlockingFile(reading: file)))
            } catch {
                try report(error)
            }
        case .tables(let pattern):
            try await attempt { try Self.list(try await SchemaNames.tables(like: pattern, on: database)) }
        case .indexes(let table):
            try await attempt { try Self.list(try await SchemaNames.indexes(of: table, on: database)) }
        case .schema(let table):
            try await attempt {
                try Self.list(try await SchemaNames.statements(of: table, on: database).map { $0 + ";" })
            }
        case .tenants: try await attempt { try await self.listTenants() }
        case .dump(let table):
            try await attempt {
                // One snapshot; inside of a transaction that is its own.
                try await database.snapshot { transaction in
                    try await Dump(database: transaction, table: table) { try Output.write($0) }.carryOut()
                }
            }
        case .importCSV(let file, let table, let first):
            try await attempt {
                let count = try await CSVImport(path: file, table: table, first: first).carryOut(on: database)
                if self.isInteractive { Output.line(count == 1 ? "1 row loaded" : "\(count) rows loaded") }
            }
        case .script(let file): try await attempt { try await self.script(file) }
        }
    }

    private static func list(_ lines: [String]) throws {
        try Output.write(Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    private func listTenants() async throws {
        var last = ""
        while true {
            let page = try await client.tenants(after: last)
            try Self.list(page.names)
            guard page.hasMore, let name = page.names.last else { return }
            last = name
        }
    }

    private func script(_ file: String) async throws {
        if isInTransaction { throw CommandError(".script is a transaction of its own: COMMIT or ROLLBACK first") }
        let source = try BlockingFile(reading: file)
        var bytes: [UInt8] = []
        while case let part = try source.read(), !part.isEmpty { bytes += part }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandError("\(file) is not UTF-8") }
        let result = try await tenant.script(text)
        if isInteractive { Output.line("\(result.statements) statements, \(result.outcome.text)") }
    }
}

extension DoSQLError {
    /// Whether there is no transaction any more behind this error: a further statement must not be carried out by
    /// itself.
    fileprivate var endsTransaction: Bool {
        switch code {
        case .transactionExpired, .transactionLost, .transactionEnded, .noTransaction, .connectionClosed,
            .clientShutDown,
            .skipped:
            true
        default: false
        }
    }
}

extension Duration {
    /// Seconds with three digits behind the point.
    var formattedSeconds: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        let digits = "\(milliseconds % 1000)"
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}
