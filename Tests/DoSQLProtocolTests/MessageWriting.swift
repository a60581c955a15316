import DoSQLProtocol

/// Reads the lines of a message block and encodes them with the module's encoders (`protocol/vectors/README.md`).
struct MessageWriting {
    private var lines: ArraySlice<String>

    static func encode(_ lines: [String]) -> [UInt8] {
        var writing = MessageWriting(lines: lines[...])
        var writer = ByteWriter()
        writing.frame(into: &writer)
        precondition(writing.lines.isEmpty, "Lines are left: \(writing.lines)")
        return writer.bytes
    }

    /// How many columns the rows of a message have, which ROWS and LOAD_ROWS do not say.
    static func columns(of lines: [String]) -> Int? {
        lines.first { $0.hasPrefix("rows: ") }?.split(separator: " ").last.flatMap { Int($0) }
    }

    private mutating func frame(into writer: inout ByteWriter) {
        let name = take("type")
        guard let type = MessageType.allCases.first(where: { $0.name == name }) else {
            preconditionFailure("There is no message \(name).")
        }
        let flags = FrameFlags(rawValue: number("flags"))
        let stream: UInt16 = number("stream")
        let request: UInt32 = number("request")
        if type.sender == .client {
            self.request(type, flags, stream, request, into: &writer)
        } else {
            reply(type, stream, request, into: &writer)
        }
    }

    private mutating func request(
        _ type: MessageType, _ flags: FrameFlags, _ stream: UInt16, _ request: UInt32, into writer: inout ByteWriter
    ) {
        switch type {
        case .hello:
            Hello.encode(
                into: &writer, request: request, versionMin: number("versionMin"), versionMax: number("versionMax"),
                features: FeatureSet(rawValue: number("features")), frameMax: number("frameMax"),
                client: text("client"), token: bytesIfAny("token"))
        case .ping: Ping.encode(into: &writer, request: request, payload: bytes("payload").span)
        case .cancel: Cancel.encode(into: &writer, request: request)
        case .credit: Credit.encode(into: &writer, request: request, bytes: number("bytes"))
        case .prepare: Prepare.encode(into: &writer, request: request, id: number("id"), sql: text("sql"))
        case .unprepare: Unprepare.encode(into: &writer, request: request, id: number("id"))
        case .tenants: Tenants.encode(into: &writer, request: request, after: text("after"), limit: number("limit"))
        case .open:
            Open.encode(
                into: &writer, stream: stream, request: request, flags: flags, tenant: text("tenant"),
                isReadOnly: number("access") == 1, mayCreate: numberIfAny("create") != 0)
        case .close: Close.encode(into: &writer, stream: stream, request: request, flags: flags)
        case .query, .queryOne, .run:
            Execute.encode(
                into: &writer, kind: type == .query ? .query : type == .run ? .run : .queryOne, stream: stream,
                request: request, flags: flags, statement: statement(), parameters: parameters(),
                deadline: numberIfAny("deadline"), credit: numberIfAny("credit"), rowsMax: numberIfAny("rowsMax"),
                idempotencyKey: bytesIfAny("key"))
        case .batch:
            Batch.encode(
                into: &writer, stream: stream, request: request, flags: flags,
                onError: Batch.OnError(rawValue: number("onError")) ?? .rollback, steps: steps(),
                deadline: numberIfAny("deadline"), idempotencyKey: bytesIfAny("key"))
        case .script:
            Script.encode(
                into: &writer, stream: stream, request: request, flags: flags, sql: text("sql"),
                deadline: numberIfAny("deadline"), idempotencyKey: bytesIfAny("key"))
        case .describe:
            let withPlan = number("flags") == 1
            Describe.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: statement(),
                withPlan: withPlan)
        case .load:
            Load.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: statement(),
                columns: number("columns"), deadline: numberIfAny("deadline"))
        case .loadRows:
            LoadRows.encode(
                into: &writer, stream: stream, request: request, rows: rows(), isLast: flags.contains(.end))
        case .subscribe:
            Subscribe.encode(
                into: &writer, stream: stream, request: request, flags: flags, filter: feedFilter(),
                after: idIfAny("after"), credit: numberIfAny("credit"))
        case .publish:
            let feed = feed()
            Publish.encode(
                into: &writer, stream: stream, request: request, flags: flags, feed: feed, name: text(feed.nameColumn),
                data: text("data"), deadline: numberIfAny("deadline"), idempotencyKey: bytesIfAny("key"))
        case .begin:
            Begin.encode(
                into: &writer, stream: stream, request: request, flags: flags,
                mode: Begin.Mode(rawValue: number("mode")) ?? .read, deadline: numberIfAny("deadline"),
                idle: numberIfAny("idle"), total: numberIfAny("total"))
        case .commit:
            Commit.encode(
                into: &writer, stream: stream, request: request, flags: flags, idempotencyKey: bytesIfAny("key"))
        case .rollback: Rollback.encode(into: &writer, stream: stream, request: request, flags: flags)
        case .savepoint, .release, .rollbackTo:
            Savepoint.encode(
                into: &writer, kind: type == .savepoint ? .set : type == .release ? .release : .rollbackTo,
                stream: stream, request: request, flags: flags, name: text("name"))
        case .migrate:
            let isDryRun = number("flags") == 1
            let count: Int = number("migrations")
            let migrations = (0..<count).map { _ in (id: text("id"), sql: text("sql")) }
            Migrate.encode(
                into: &writer, stream: stream, request: request, flags: flags, migrations: migrations,
                isDryRun: isDryRun)
        default: preconditionFailure("\(type) is no request.")
        }
    }

    private mutating func reply(
        _ type: MessageType, _ stream: UInt16, _ request: UInt32, into writer: inout ByteWriter
    ) {
        switch type {
        case .helloOK: helloOK().encode(into: &writer, request: request)
        case .pong: Pong.encode(into: &writer, request: request, payload: bytes("payload").span)
        case .goAway:
            var message = GoAway(.internal, "")
            message.rawReason = number("reason")
            message.message = text("message")
            message.retryAfter = numberIfAny("retryAfter")
            message.encode(into: &writer)
        case .grant: Grant.encode(into: &writer, stream: stream, request: request, bytes: number("bytes"))
        case .ok:
            let outcome = outcome()
            let incarnation = bytesIfAny("incarnation").flatMap { Identity($0.span) }
            OK(outcome, incarnation: incarnation).encode(into: &writer, stream: stream, request: request)
        case .result:
            ResultMessage.encode(
                into: &writer, stream: stream, request: request, columns: columns(), rows: rows(), outcome: outcome())
        case .head:
            HeadMessage.encode(
                into: &writer, stream: stream, request: request, columns: columns(), position: idIfAny("position"),
                oldest: idIfAny("oldest"))
        case .rows: RowsMessage.encode(into: &writer, stream: stream, request: request, rows: rows())
        case .done:
            Done(
                outcome(), rowsLoaded: numberIfAny("rowsLoaded"), statements: numberIfAny("statements"),
                rowsSent: numberIfAny("rowsSent")
            ).encode(into: &writer, stream: stream, request: request)
        case .batchResult:
            let count: Int = number("steps")
            let steps = (0..<count).map { _ in stepResult() }
            BatchResult.encode(into: &writer, stream: stream, request: request, steps: steps, outcome: outcome())
        case .description: description().encode(into: &writer, stream: stream, request: request)
        case .migrations:
            let count: Int = number("migrations")
            let entries = (0..<count).map { _ in
                Migrations.Entry(
                    id: text("id"), state: Migrations.State(rawValue: number("state")) ?? .pending,
                    appliedAt: text("appliedAt"), checksum: text("checksum"), milliseconds: number("milliseconds"))
            }
            Migrations(entries, outcome: outcome()).encode(into: &writer, stream: stream, request: request)
        case .tenantList:
            let count: Int = number("tenants")
            let names = (0..<count).map { _ in text("tenant") }
            TenantList(names: names, hasMore: number("more") == 1).encode(into: &writer, request: request)
        case .error: error().encode(into: &writer, stream: stream, request: request)
        default: preconditionFailure("\(type) is no reply.")
        }
    }
}

// MARK: - Parts

extension MessageWriting {
    private mutating func takeIfAny(_ name: String) -> String? {
        guard let line = lines.first?.unicodeScalars, line.starts(with: "\(name): ".unicodeScalars) else { return nil }
        lines.removeFirst()
        return String(line.dropFirst(name.count + 2))
    }

    private mutating func take(_ name: String) -> String {
        guard let value = takeIfAny(name) else {
            preconditionFailure("There is \(lines.first ?? "nothing") where \(name) belongs.")
        }
        return value
    }

    private mutating func numberIfAny(_ name: String) -> UInt64? {
        takeIfAny(name).map { value in
            guard let number = UInt64(value) else { preconditionFailure("\(name) is no number: \(value)") }
            return number
        }
    }

    private mutating func number<Number: FixedWidthInteger>(_ name: String) -> Number {
        guard let number = Number(take(name)) else { preconditionFailure("\(name) is no number that fits.") }
        return number
    }

    private mutating func text(_ name: String) -> String { Notation.string(quoted: take(name)) }

    private mutating func textIfAny(_ name: String) -> String? {
        takeIfAny(name).map { Notation.string(quoted: $0) }
    }

    private mutating func bytesIfAny(_ name: String) -> [UInt8]? {
        takeIfAny(name).map { Notation.bytes(hex: String($0.dropFirst(2).dropLast())) }
    }

    private mutating func bytes(_ name: String) -> [UInt8] {
        Notation.bytes(hex: String(take(name).dropFirst(2).dropLast()))
    }

    private mutating func nameAndNumber(_ value: String) -> (String, UInt64) {
        var parser = NotationParser(value)
        let name = String(decoding: parser.bytesOrText().bytes, as: UTF8.self)
        return (name, UInt64(parser.number()))
    }

    private mutating func statement() -> StatementSource {
        let value = take("statement")
        if value.unicodeScalars.starts(with: "sql ".unicodeScalars) {
            return .sql(Notation.string(quoted: String(value.unicodeScalars.dropFirst(4))))
        }
        guard let id = UInt32(value.dropFirst("prepared ".count)) else { preconditionFailure("No statement: \(value)") }
        return .prepared(id)
    }

    private mutating func stepParameters() -> StepParameterList {
        let words = take("parameters").split(separator: " ")
        guard let count = Int(words[1]) else { preconditionFailure("A count of parameters is missing.") }
        if words[0] == "positional" { return .positional((0..<count).map { _ in operand() }) }
        return .named((0..<count).map { _ in (text("name"), operand()) })
    }

    private mutating func operand() -> StepValue {
        var parser = NotationParser(take("value"))
        return parser.operand()
    }

    private mutating func parameters() -> ParameterList {
        func value(_ operand: StepValue) -> Value {
            guard case .value(let value) = operand else { preconditionFailure("A reference outside of a batch.") }
            return value
        }
        switch stepParameters() {
        case .positional(let values): return .positional(values.map(value))
        case .named(let pairs): return .named(pairs.map { ($0.0, value($0.1)) })
        case .encoded: preconditionFailure("Nothing makes these here.")
        }
    }

    private mutating func steps() -> [BatchStep] {
        let count: Int = number("steps")
        return (0..<count).map { _ in
            let want = RowsWanted(rawValue: number("want")) ?? .none
            let isTolerated = number("flags") == 1
            let statement = statement()
            let parameters = stepParameters()
            let condition = expression("condition")
            let assertion = expression("assertion")
            let message = assertion == nil ? "" : text("message")
            return BatchStep(
                statement, parameters, want: want, isTolerated: isTolerated, condition: condition,
                assertion: assertion, message: message)
        }
    }

    private mutating func idIfAny(_ name: String) -> Int64? { numberIfAny(name).map(Int64.init) }

    private mutating func feed() -> Feed {
        guard let feed = Feed(rawValue: number("feed")) else { preconditionFailure("There is no such feed.") }
        return feed
    }

    private mutating func feedFilter() -> FeedFilter {
        switch feed() {
        case .messages: return .channel(text("channel"))
        case .events:
            let count: Int = number("types")
            return .events(types: (0..<count).map { _ in text("type") })
        }
    }

    private mutating func expression(_ name: String) -> Expression? {
        let value = take(name)
        if value == "none" { return nil }
        var parser = NotationParser(value)
        return parser.expression()
    }

    private mutating func columns() -> [String] {
        let count: Int = number("columns")
        return (0..<count).map { _ in text("column") }
    }

    private mutating func rows() -> [[Value]] {
        guard let count = Int(take("rows").split(separator: " ")[0]) else { preconditionFailure("No count of rows.") }
        return (0..<count).map { _ in
            var parser = NotationParser(take("row"))
            var row: [Value] = []
            while !parser.isAtEnd { row.append(parser.value()) }
            return row
        }
    }

    private mutating func outcome() -> Outcome {
        let flags: UInt8 = number("flags")
        return Outcome(
            replayed: flags & 1 != 0, changed: flags & 2 != 0,
            transaction: TransactionState(rawValue: number("transaction")) ?? .none, changes: number("changes"),
            lastInsertRowid: number("lastInsertRowid"), lsn: number("lsn"))
    }

    private mutating func helloOK() -> HelloOK {
        let version: UInt16 = number("version")
        let features = FeatureSet(rawValue: number("features"))
        let frameMax: UInt64 = number("frameMax")
        guard let serverID = Identity(bytes("serverID").span) else { preconditionFailure("No serverID.") }
        let server = text("server")
        let count: Int = number("limits")
        let limits = (0..<count).map { _ in
            let (name, value) = nameAndNumber(take("limit"))
            return Limit(name: name, value: value)
        }
        return HelloOK(
            version: version, features: features, frameMax: frameMax, serverID: serverID, server: server,
            limits: limits, connection: textIfAny("connection"))
    }

    private mutating func stepResult() -> StepResult {
        switch take("status") {
        case "0":
            .done(
                columns: columns(), rows: rows(), changes: number("changes"),
                lastInsertRowid: number("lastInsertRowid"))
        case "1": .failed(error())
        default: .skipped
        }
    }

    private mutating func description() -> Description {
        var description = Description(isReadOnly: number("readOnly") == 1, parameters: [], columns: [])
        let parameterCount: Int = number("parameters")
        description.parameters = (0..<parameterCount).map { _ in text("parameter") }
        let columnCount: Int = number("columns")
        description.columns = (0..<columnCount).map { _ in
            Description.Column(
                name: text("name"), declaredType: text("declaredType"), originTable: text("originTable"),
                originColumn: text("originColumn"))
        }
        let planCount: Int = number("plan")
        description.plan = (0..<planCount).map { _ in
            Description.PlanNode(id: number("id"), parent: number("parent"), detail: text("detail"))
        }
        return description
    }

    private mutating func error() -> ErrorMessage {
        var error = ErrorMessage(.internal, "")
        error.rawCode = number("code")
        error.rawCategory = number("category")
        let flags: UInt8 = number("flags")
        error.isRetryable = flags & 1 != 0
        error.execution = Execution(rawValue: flags >> 1 & 3) ?? .notExecuted
        error.isFatal = flags & 8 != 0
        error.transaction = TransactionState(rawValue: number("transaction")) ?? .none
        error.sqlite = number("sqlite")
        error.message = text("message")
        error.offset = numberIfAny("offset")
        error.step = numberIfAny("step")
        error.retryAfter = numberIfAny("retryAfter")
        if let limit = takeIfAny("limit") {
            let (name, value) = nameAndNumber(limit)
            error.limit = .init(name: name, value: value)
        }
        if let place = takeIfAny("statement") {
            let numbers = place.split(separator: " ").compactMap { UInt64($0) }
            error.statement = .init(index: numbers[0], offset: numbers[1])
        }
        error.row = numberIfAny("row")
        error.migration = textIfAny("migration")
        error.trace = textIfAny("trace")
        error.oldest = idIfAny("oldest")
        return error
    }
}
