import DoSQLProtocol

/// Decodes a frame with the module's decoders and says it in lines (`protocol/vectors/README.md`).
///
/// Everything a view can show is walked, so that a frame that can be rendered has been decoded to its last byte.
struct MessageReading {
    private(set) var lines: [String] = []

    init(_ header: FrameHeader, _ body: Span<UInt8>, columns: Int? = nil) throws(DecodeError) {
        let sender: Peer = header.type < 0x40 || header.type > 0x7F ? .client : .server
        let type = try header.validate(sentBy: sender)
        line("type", type.name)
        line("flags", header.flags.rawValue)
        line("stream", header.stream)
        line("request", header.request)
        if sender == .client {
            try request(type, body, columns: columns)
        } else {
            try reply(type, body, columns: columns)
        }
    }

    private mutating func request(_ type: MessageType, _ body: Span<UInt8>, columns: Int?) throws(DecodeError) {
        switch type {
        case .hello:
            let message = try Hello(body)
            line("versionMin", message.versionMin)
            line("versionMax", message.versionMax)
            line("features", message.features.rawValue)
            line("frameMax", message.frameMax)
            text("client", message.client)
            bytes("token", message.token)
        case .ping: bytes("payload", try Ping(body).payload)
        case .cancel: try Cancel.decode(body)
        case .credit: line("bytes", try Credit(body).bytes)
        case .prepare:
            let message = try Prepare(body)
            line("id", message.id)
            text("sql", message.sql)
        case .unprepare: line("id", try Unprepare(body).id)
        case .tenants:
            let message = try Tenants(body)
            text("after", message.after)
            line("limit", message.limit)
        case .open:
            let message = try Open(body)
            text("tenant", message.tenant)
            line("access", message.isReadOnly ? 1 : 0)
            if !message.mayCreate { line("create", 0) }
        case .close: try Close.decode(body)
        case .query: try execute(body, .query)
        case .queryOne: try execute(body, .queryOne)
        case .run: try execute(body, .run)
        case .batch: try batch(body)
        case .script:
            let message = try Script(body)
            text("sql", message.sql)
            option("deadline", message.deadline)
            bytes("key", message.idempotencyKey)
        case .describe:
            let message = try Describe(body)
            line("flags", message.withPlan ? 1 : 0)
            statement(message.statement)
        case .load:
            let message = try Load(body)
            statement(message.statement)
            line("columns", message.columns)
            option("deadline", message.deadline)
        case .loadRows: try rows(try LoadRows(body, columns: columns ?? 1).rows)
        case .subscribe: subscribe(try Subscribe(body))
        case .publish:
            let message = try Publish(body)
            line("feed", message.feed.rawValue)
            text(message.feed.nameColumn, message.name)
            text("data", message.data)
            option("deadline", message.deadline)
            bytes("key", message.idempotencyKey)
        case .begin:
            let message = try Begin(body)
            line("mode", message.mode.rawValue)
            option("deadline", message.deadline)
            option("idle", message.idle)
            option("total", message.total)
        case .commit: bytes("key", try Commit(body).idempotencyKey)
        case .rollback: try Rollback.decode(body)
        case .savepoint: text("name", try Savepoint(body, kind: .set).name)
        case .release: text("name", try Savepoint(body, kind: .release).name)
        case .rollbackTo: text("name", try Savepoint(body, kind: .rollbackTo).name)
        case .migrate:
            let message = try Migrate(body)
            line("flags", message.isDryRun ? 1 : 0)
            line("migrations", message.count)
            var migrations = message.makeReader()
            while let migration = try migrations.next() {
                text("id", migration.id)
                text("sql", migration.sql)
            }
        default: preconditionFailure("\(type) is no request.")
        }
    }

    private mutating func subscribe(_ message: Subscribe) {
        line("feed", message.filter.feed.rawValue)
        switch message.filter {
        case .channel(let name): line("channel", Notation.quoted(name))
        case .events(let types):
            line("types", types.count)
            for type in types { line("type", Notation.quoted(type)) }
        }
        option("after", message.after.map(UInt64.init))
        option("credit", message.credit)
    }

    private mutating func execute(_ body: Span<UInt8>, _ kind: Execute.Kind) throws(DecodeError) {
        let message = try Execute(body, kind: kind)
        statement(message.statement)
        try parameters(message.parameters)
        option("deadline", message.deadline)
        option("credit", message.credit)
        option("rowsMax", message.rowsMax)
        bytes("key", message.idempotencyKey)
    }

    private mutating func batch(_ body: Span<UInt8>) throws(DecodeError) {
        let message = try Batch(body)
        line("onError", message.onError.rawValue)
        line("steps", message.count)
        var steps = message.makeReader()
        while let step = try steps.next() {
            line("want", step.want.rawValue)
            line("flags", step.isTolerated ? 1 : 0)
            statement(step.statement)
            try parameters(step.parameters)
            try expression("condition", step.condition)
            try expression("assertion", step.assertion)
            if !step.assertion.isEmpty { text("message", step.message) }
        }
        option("deadline", message.deadline)
        bytes("key", message.idempotencyKey)
    }

    private mutating func reply(_ type: MessageType, _ body: Span<UInt8>, columns: Int?) throws(DecodeError) {
        switch type {
        case .helloOK:
            let message = try HelloOK(body)
            line("version", message.version)
            line("features", message.features.rawValue)
            line("frameMax", message.frameMax)
            line("serverID", Notation.hex(message.serverID.bytes))
            line("server", Notation.quoted(message.server))
            line("limits", message.limits.count)
            for limit in message.limits { line("limit", "\(Notation.quoted(limit.name)) \(limit.value)") }
            if let connection = message.connection { line("connection", Notation.quoted(connection)) }
        case .pong: bytes("payload", try Pong(body).payload)
        case .goAway:
            let message = try GoAway(body)
            line("reason", message.rawReason)
            line("message", Notation.quoted(message.message))
            option("retryAfter", message.retryAfter)
        case .grant: line("bytes", try Grant(body).bytes)
        case .ok:
            let message = try OK(body)
            outcome(message.outcome)
            if let incarnation = message.incarnation { line("incarnation", Notation.hex(incarnation.bytes)) }
        case .result:
            let message = try ResultMessage(body)
            try self.columns(message.columns)
            try rows(message.rows)
            outcome(message.outcome)
        case .head:
            let message = try HeadMessage(body)
            try self.columns(message.columns)
            option("position", message.position.map(UInt64.init))
            option("oldest", message.oldest.map(UInt64.init))
        case .rows: try rows(try RowsMessage(body, columns: columns ?? 1).rows)
        case .done:
            let message = try Done(body)
            outcome(message.outcome)
            option("rowsLoaded", message.rowsLoaded)
            option("statements", message.statements)
            option("rowsSent", message.rowsSent)
        case .batchResult: try batchResult(body)
        case .description: try description(body)
        case .migrations:
            let message = try Migrations(body)
            line("migrations", message.entries.count)
            for entry in message.entries {
                line("id", Notation.quoted(entry.id))
                line("state", entry.state.rawValue)
                line("appliedAt", Notation.quoted(entry.appliedAt))
                line("checksum", Notation.quoted(entry.checksum))
                line("milliseconds", entry.milliseconds)
            }
            outcome(message.outcome)
        case .tenantList:
            let message = try TenantList(body)
            line("tenants", message.names.count)
            for name in message.names { line("tenant", Notation.quoted(name)) }
            line("more", message.hasMore ? 1 : 0)
        case .error: error(try ErrorMessage(body))
        default: preconditionFailure("\(type) is no reply.")
        }
    }

    private mutating func batchResult(_ body: Span<UInt8>) throws(DecodeError) {
        let message = try BatchResult(body)
        line("steps", message.count)
        var steps = message.makeReader()
        while let step = try steps.next() {
            switch step {
            case .done(let columns, let rows, let changes, let lastInsertRowid):
                line("status", 0)
                try self.columns(columns)
                try self.rows(rows)
                line("changes", changes)
                line("lastInsertRowid", lastInsertRowid)
            case .failed(let error):
                line("status", 1)
                self.error(error)
            case .skipped: line("status", 2)
            }
        }
        outcome(message.outcome)
    }

    private mutating func description(_ body: Span<UInt8>) throws(DecodeError) {
        let message = try Description(body)
        line("readOnly", message.isReadOnly ? 1 : 0)
        line("parameters", message.parameters.count)
        for parameter in message.parameters { line("parameter", Notation.quoted(parameter)) }
        line("columns", message.columns.count)
        for column in message.columns {
            line("name", Notation.quoted(column.name))
            line("declaredType", Notation.quoted(column.declaredType))
            line("originTable", Notation.quoted(column.originTable))
            line("originColumn", Notation.quoted(column.originColumn))
        }
        line("plan", message.plan.count)
        for node in message.plan {
            line("id", node.id)
            line("parent", node.parent)
            line("detail", Notation.quoted(node.detail))
        }
    }
}

// MARK: - Parts

extension MessageReading {
    private mutating func line(_ name: String, _ value: some CustomStringConvertible) {
        lines.append("\(name): \(value)")
    }

    private mutating func option(_ name: String, _ value: UInt64?) {
        if let value { line(name, value) }
    }

    private mutating func text(_ name: String, _ span: Span<UInt8>) {
        line(name, Notation.quoted(String(repairing: span)))
    }

    private mutating func bytes(_ name: String, _ span: Span<UInt8>?) {
        if let span { line(name, Notation.hex([UInt8](copying: span))) }
    }

    private mutating func statement(_ reference: StatementReference) {
        switch reference {
        case .prepared(let id): line("statement", "prepared \(id)")
        case .sql(let text): line("statement", "sql " + Notation.quoted(String(repairing: text)))
        }
    }

    private mutating func parameters(_ view: ParametersView) throws(DecodeError) {
        line("parameters", "\(view.form == .named ? "named" : "positional") \(view.count)")
        var parameters = view.makeReader(allowReferences: true)
        while let parameter = try parameters.next() {
            if view.form == .named { text("name", parameter.name) }
            if case .reference(let reference) = parameter.value {
                line("value", Notation.write(reference))
            } else if let value = Value(parameter.value) {
                line("value", Notation.write(value))
            }
        }
    }

    private mutating func expression(_ name: String, _ bytes: Span<UInt8>) throws(DecodeError) {
        line(name, Notation.write(bytes.isEmpty ? nil : try DoSQLProtocol.Expression(decoding: bytes)))
    }

    private mutating func columns(_ view: ColumnsView) throws(DecodeError) {
        line("columns", view.count)
        for name in try view.copy() { line("column", Notation.quoted(name)) }
    }

    private mutating func rows(_ view: RowsView) throws(DecodeError) {
        line("rows", "\(view.count) of \(view.columns)")
        for row in try view.copy() { line("row", row.map(Notation.write).joined(separator: " ")) }
    }

    private mutating func outcome(_ outcome: Outcome) {
        line("flags", (outcome.replayed ? 1 : 0) | (outcome.changed ? 2 : 0))
        line("transaction", outcome.transaction.rawValue)
        line("changes", outcome.changes)
        line("lastInsertRowid", outcome.lastInsertRowid)
        line("lsn", outcome.lsn)
    }

    private mutating func error(_ error: ErrorMessage) {
        line("code", error.rawCode)
        line("category", error.rawCategory)
        line("flags", (error.isRetryable ? 1 : 0) | error.execution.rawValue << 1 | (error.isFatal ? 8 : 0))
        line("transaction", error.transaction.rawValue)
        line("sqlite", error.sqlite)
        line("message", Notation.quoted(error.message))
        option("offset", error.offset)
        option("step", error.step)
        option("retryAfter", error.retryAfter)
        if let limit = error.limit { line("limit", "\(Notation.quoted(limit.name)) \(limit.value)") }
        if let place = error.statement { line("statement", "\(place.index) \(place.offset)") }
        option("row", error.row)
        if let migration = error.migration { line("migration", Notation.quoted(migration)) }
        if let trace = error.trace { line("trace", Notation.quoted(trace)) }
        option("oldest", error.oldest.map(UInt64.init))
    }
}
