import DoSQLProtocol

/// What a request says, before it has a stream, an id and statement numbers (`protocol/messages.md`).
enum RequestBody: Sendable {
    case execute(Execute.Kind, Statement, ExecuteOptions)
    case batch(onError: DoSQLProtocol.Batch.OnError, [Step], deadline: UInt64?, key: IdempotencyKey?)
    case script(String, deadline: UInt64?, key: IdempotencyKey?)
    case describe(String, withPlan: Bool)
    case load(String, columns: Int, deadline: UInt64?)
    case subscribe(FeedFilter, after: Int64?, credit: UInt64?)
    case publish(Feed, name: String, data: String, deadline: UInt64?, key: IdempotencyKey?)
    case begin(Begin.Mode, deadline: UInt64?, idle: UInt64?, total: UInt64?)
    case commit(IdempotencyKey?)
    case rollback
    case savepoint(Savepoint.Kind, name: String)
    case migrate([Migration], isDryRun: Bool)
    case tenants(after: String, limit: Int)
    case ping

    /// A statement with its values in the bytes of the wire, encoded by the caller's task and not on the event loop.
    struct Statement: Sendable {
        var text: String
        var form: ParameterForm
        var count: Int
        var parameters: [UInt8]
        var isCertainlyRead: Bool
    }

    struct ExecuteOptions: Sendable {
        var deadline: UInt64?
        var credit: UInt64?
        var rowsMax: UInt64?
        var key: IdempotencyKey?
    }

    struct Step: Sendable {
        var statement: Statement
        var want: RowsWanted
        var isTolerated: Bool
        var condition: DoSQLProtocol.Expression?
        var assertion: DoSQLProtocol.Expression?
        var message: String
    }
}

// MARK: - What others must know of it

extension RequestBody {
    /// The texts that may be sent by number, in their order.
    var texts: [String] {
        switch self {
        case .execute(_, let statement, _): [statement.text]
        case .batch(_, let steps, _, _): steps.map(\.statement.text)
        case .load(let text, _, _): [text]
        case .script, .describe, .subscribe, .publish, .begin, .commit, .rollback, .savepoint, .migrate, .tenants,
            .ping:
            []
        }
    }

    /// What may be done again when the answer is lost.
    var repeatability: Repeatability {
        switch self {
        case .execute(_, let statement, let options):
            statement.isCertainlyRead ? .read : options.key == nil ? .write : .keyed
        case .batch(_, let steps, _, let key):
            steps.allSatisfy(\.statement.isCertainlyRead) ? .read : key == nil ? .write : .keyed
        case .script(_, _, let key), .publish(_, _, _, _, let key): key == nil ? .write : .keyed
        // A transaction that was begun and lost is rolled back, and migrations run once however often they are sent.
        case .describe, .subscribe, .tenants, .ping, .begin, .rollback, .savepoint, .migrate: .read
        case .commit(let key): key == nil ? .write : .keyed
        case .load: .write
        }
    }

    /// The same with this many milliseconds from receipt, where the request has a deadline at all.
    func given(deadline: UInt64?) -> RequestBody {
        switch self {
        case .execute(let kind, let statement, var options):
            options.deadline = deadline
            return .execute(kind, statement, options)
        case .batch(let onError, let steps, _, let key):
            return .batch(onError: onError, steps, deadline: deadline, key: key)
        case .script(let text, _, let key): return .script(text, deadline: deadline, key: key)
        case .load(let text, let columns, _): return .load(text, columns: columns, deadline: deadline)
        case .publish(let feed, let name, let data, _, let key):
            return .publish(feed, name: name, data: data, deadline: deadline, key: key)
        case .describe, .subscribe, .begin, .commit, .rollback, .savepoint, .migrate, .tenants, .ping: return self
        }
    }

    /// CANCEL of these does nothing, and abandoning them would leave a transaction in doubt.
    var endsTransaction: Bool {
        switch self {
        case .commit, .rollback: true
        case .execute, .batch, .script, .describe, .load, .subscribe, .publish, .begin, .savepoint, .migrate, .tenants,
            .ping:
            false
        }
    }

    /// Whether it goes on until somebody ends it.
    var isSubscription: Bool { if case .subscribe = self { true } else { false } }

    /// Whether SQL of it may commit the transaction it is part of: then a lost answer leaves open what became of that.
    var mayCommit: Bool {
        switch self {
        case .execute(_, let statement, _): statement.text.beginsWithCommit
        case .batch(_, let steps, _, _): steps.contains { $0.statement.text.beginsWithCommit }
        case .commit: true
        case .rollback, .script, .describe, .load, .subscribe, .publish, .begin, .savepoint, .migrate, .tenants, .ping:
            false
        }
    }

    /// The name in metrics and traces.
    var name: String {
        switch self {
        case .execute(.query, _, _): "query"
        case .execute(.queryOne, _, _): "queryOne"
        case .execute(.run, _, _): "run"
        case .batch: "batch"
        case .script: "script"
        case .describe: "describe"
        case .load: "load"
        case .subscribe: "subscribe"
        case .publish: "publish"
        case .begin: "begin"
        case .commit: "commit"
        case .rollback: "rollback"
        case .savepoint: "savepoint"
        case .migrate: "migrate"
        case .tenants: "tenants"
        case .ping: "ping"
        }
    }

    /// The text for traces; holds no values.
    var tracedText: String? {
        switch self {
        case .execute(_, let statement, _): statement.text
        case .describe(let text, _), .load(let text, _, _): text
        case .batch(_, let steps, _, _): steps.map(\.statement.text).joined(separator: "; ")
        case .script, .subscribe, .publish, .begin, .commit, .rollback, .savepoint, .migrate, .tenants, .ping: nil
        }
    }
}

// MARK: - Bytes

extension RequestBody {
    /// Writes the frame; `sources` has a number or the text for each of `texts`.
    func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags, sources: [StatementSource]
    ) {
        switch self {
        case .execute(let kind, let statement, let options):
            Execute.encode(
                into: &writer, kind: kind, stream: stream, request: request, flags: flags, statement: sources[0],
                parameters: .encoded(form: statement.form, count: statement.count, bytes: statement.parameters),
                deadline: options.deadline, credit: options.credit, rowsMax: options.rowsMax,
                idempotencyKey: options.key?.bytes)
        case .batch(let onError, let steps, let deadline, let key):
            DoSQLProtocol.Batch.encode(
                into: &writer, stream: stream, request: request, flags: flags, onError: onError,
                steps: zip(steps, sources).map { $0.encoded($1) }, deadline: deadline, idempotencyKey: key?.bytes)
        case .script(let text, let deadline, let key):
            Script.encode(
                into: &writer, stream: stream, request: request, flags: flags, sql: text, deadline: deadline,
                idempotencyKey: key?.bytes)
        case .describe(let text, let withPlan):
            Describe.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: .sql(text), withPlan: withPlan
            )
        case .load(_, let columns, let deadline):
            Load.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: sources[0], columns: columns,
                deadline: deadline)
        case .subscribe(let filter, let after, let credit):
            Subscribe.encode(
                into: &writer, stream: stream, request: request, flags: flags, filter: filter, after: after,
                credit: credit)
        case .publish(let feed, let name, let data, let deadline, let key):
            Publish.encode(
                into: &writer, stream: stream, request: request, flags: flags, feed: feed, name: name, data: data,
                deadline: deadline, idempotencyKey: key?.bytes)
        case .begin(let mode, let deadline, let idle, let total):
            Begin.encode(
                into: &writer, stream: stream, request: request, flags: flags, mode: mode, deadline: deadline,
                idle: idle,
                total: total)
        case .commit(let key):
            Commit.encode(
                into: &writer, stream: stream, request: request, flags: flags, idempotencyKey: key?.bytes)
        case .rollback:
            Rollback.encode(into: &writer, stream: stream, request: request, flags: flags)
        case .savepoint(let kind, let name):
            Savepoint.encode(into: &writer, kind: kind, stream: stream, request: request, flags: flags, name: name)
        case .migrate(let migrations, let isDryRun):
            Migrate.encode(
                into: &writer, stream: stream, request: request, flags: flags,
                migrations: migrations.map { ($0.id, $0.sql) }, isDryRun: isDryRun)
        case .tenants(let after, let limit):
            Tenants.encode(into: &writer, request: request, after: after, limit: limit)
        case .ping:
            let payload: [UInt8] = []
            Ping.encode(into: &writer, request: request, payload: payload.span)
        }
    }
}

extension RequestBody.Step {
    fileprivate func encoded(_ source: StatementSource) -> BatchStep {
        BatchStep(
            source, .encoded(form: statement.form, count: statement.count, bytes: statement.parameters), want: want,
            isTolerated: isTolerated, condition: condition, assertion: assertion, message: message)
    }
}

// MARK: - From the public types

extension RequestBody.Statement {
    init(_ sql: SQL) {
        var writer = ByteWriter()
        text = sql.text
        isCertainlyRead = sql.isCertainlyRead
        switch sql.parameters {
        case .positional(let values):
            form = .positional
            count = values.count
            for value in values { value.operand.encode(into: &writer) }
        case .named(let pairs):
            form = .named
            count = pairs.count
            for (name, value) in pairs {
                writer.writeText(name)
                value.operand.encode(into: &writer)
            }
        }
        parameters = writer.take()
    }
}

extension RequestBody {
    /// A batch as it is sent.
    init(_ batch: Batch, deadline: UInt64?, key: IdempotencyKey?) throws(DoSQLError) {
        var steps: [Step] = []
        for content in try batch.validated().steps {
            steps.append(
                Step(
                    statement: Statement(content.sql), want: content.want.wire, isTolerated: content.tolerates,
                    condition: try content.condition?.node.wire(), assertion: try content.assertion?.node.wire(),
                    message: content.message))
        }
        self = .batch(onError: batch.onError.wire, steps, deadline: deadline, key: key)
    }
}

extension Batch.Want {
    fileprivate var wire: RowsWanted {
        switch self {
        case .noRows: .none
        case .firstRow: .first
        case .allRows: .all
        }
    }
}

extension Batch.FailureRule {
    fileprivate var wire: DoSQLProtocol.Batch.OnError {
        switch self {
        case .rollback: .rollback
        case .stop: .stop
        case .continue: .continue
        }
    }
}

extension Batch.Expression.Node {
    fileprivate func wire() throws(DoSQLError) -> DoSQLProtocol.Expression {
        switch self {
        case .ran(let step): .ran(step: step)
        case .failed(let step): .failed(step: step)
        case .skipped(let step): .skipped(step: step)
        case .not(let node): .not(try node.wire())
        case .and(let left, let right): .and(try left.wire(), try right.wire())
        case .or(let left, let right): .or(try left.wire(), try right.wire())
        case .comparison(let comparison, let left, let right): .compare(comparison, left.operand, right.operand)
        case .isNull(let value): .isNull(value.operand)
        case .invalid(let error): throw error
        }
    }
}

extension StatementParameters.Value {
    fileprivate var operand: DoSQLProtocol.Expression.Operand {
        switch self {
        case .value(let value): .value(value.wire)
        case .reference(let reference): .reference(reference.wire)
        }
    }
}

extension Batch.Reference {
    fileprivate var wire: DoSQLProtocol.Reference {
        switch kind {
        case .lastInsertRowid: .lastInsertRowid(step: step)
        case .changes: .changes(step: step)
        case .column(let column): .column(step: step, column: column)
        case .rowCount: .rowCount(step: step)
        }
    }
}

extension DoSQLValue {
    /// The same in the codec's words.
    var wire: Value {
        switch self {
        case .null: .null
        case .integer(let integer): .integer(integer)
        case .real(let real): .real(real)
        case .text(let text): .text(Text(text))
        case .textBytes(let bytes): .text(Text(bytes))
        case .blob(let bytes): .blob(bytes)
        }
    }
}
