import Crypto
import DoSQLEngine
import DoSQLProtocol
import FoundationEssentials

/// The answers kept under idempotency keys, in the tenant's own file and in the same transaction as the effects
/// (`protocol/transactions.md`).
///
/// Invariant: a row is there exactly if the request it names has been committed within ``Limits/idempotencyLifetime``.
struct IdempotencyTable: Sendable {
    static let schema = """
        CREATE TABLE IF NOT EXISTS __dosql_idempotency(
            key BLOB PRIMARY KEY, hash BLOB NOT NULL, answer BLOB, outcome INTEGER NOT NULL, created INTEGER NOT NULL
        ) WITHOUT ROWID
        """

    /// What is kept of a first answer.
    enum Stored {
        case answer(Answer)
        /// It was longer than ``Limits/idempotencyAnswerMax``.
        case lost
    }

    private let find: Statement
    private let store: Statement
    private let purge: Statement

    /// Prepares its statements; the connection must be trusted at that moment.
    init(on connection: borrowing Connection) throws(PrepareError) {
        find = try connection.prepare(
            "SELECT hash, answer, outcome FROM __dosql_idempotency WHERE key = ?1 AND created > ?2")
        store = try connection.prepare(
            "INSERT OR REPLACE INTO __dosql_idempotency(key, hash, answer, outcome, created) VALUES(?1, ?2, ?3, ?4, ?5)"
        )
        purge = try connection.prepare(
            "DELETE FROM __dosql_idempotency WHERE key IN (SELECT key FROM __dosql_idempotency WHERE created <= ?1 LIMIT 1000)"
        )
    }

    /// What a request is, so that a key cannot be used for another one: kind, statement text and parameters.
    static func hash(of job: Job) throws(Failure) -> [UInt8] {
        let body = job.body
        var hasher = SHA256()
        hasher.update(data: [job.type.rawValue])
        switch job.type {
        case .query, .queryOne, .run:
            let execute = try Execute(body.span, of: job)
            hasher.update(execute.statement, execute.parameters, job.statements)
        case .batch:
            let batch: Batch
            do throws(DecodeError) { batch = try Batch(body.span) } catch { throw Failure(error) }
            hasher.update(data: [batch.onError.rawValue])
            var steps = batch.makeReader()
            for _ in 0..<batch.count {
                guard let step = try? steps.next() else { break }
                hasher.update(data: [step.want.rawValue, step.isTolerated ? 1 : 0])
                hasher.update(step.statement, step.parameters, job.statements)
                hasher.update(step.condition)
                hasher.update(step.assertion)
            }
        case .publish:
            do throws(DecodeError) {
                let publish = try Publish(body.span)
                hasher.update(data: [publish.feed.rawValue])
                hasher.update(publish.name)
                hasher.update(publish.data)
            } catch {
                throw Failure(error)
            }
        case .script:
            do throws(DecodeError) { hasher.update(try Script(body.span).sql) } catch { throw Failure(error) }
        default:
            break
        }
        return Array(hasher.finalize())
    }

    /// The first answer under this key, addressed to the request that repeats it.
    /// - Throws: `IDEMPOTENCY_MISMATCH` if the key belongs to another request; `FORBIDDEN` if that had rights which this
    ///   one has not.
    func answer(for key: [UInt8], hash: [UInt8], job: Job, on connection: borrowing Connection) throws(Failure)
        -> Stored?
    {
        try trusted(connection) { () throws(Failure) in
            defer { find.reset() }
            try bind(find) { statement throws(BindError) in
                try statement.bind(blob: key.span, at: 1)
                try statement.bind(Self.now() - Int64(Limits.idempotencyLifetime), at: 2)
            }
            guard try step(find) else { return nil }
            let kept = [UInt8](copying: find.blob(at: 0))
            guard kept.starts(with: hash) else {
                throw Failure(.idempotencyMismatch, "this idempotency key belongs to another request")
            }
            if let permission = job.permission, !permission.covers(Array(kept.dropFirst(hash.count))) {
                throw .keyOfOthers
            }
            guard find.columnType(1) != .null else { return .lost }
            let stored = [UInt8](copying: find.blob(at: 1))
            let outcomeOffset = Int(find.int64(at: 2))
            guard let type = stored.first.flatMap(MessageType.init(rawValue:)),
                // What lies in a file may be somebody's who restored it: no sum may overflow.
                (FrameHeader.size...(stored.count + FrameHeader.size)).contains(outcomeOffset),
                stored.count >= outcomeOffset + 2 - FrameHeader.size + 1
            else {
                throw Failure(.internal, "a stored answer is damaged")
            }
            var writer = ByteWriter(capacity: stored.count + FrameHeader.size)
            let frame = writer.beginFrame(type, stream: job.address.stream, request: job.address.request)
            writer.append(stored.span.extracting(1..<stored.count))
            writer.endFrame(at: frame)
            // The outcome begins with its flags and the stream's transaction.
            writer.bytes[outcomeOffset] |= 1
            return .answer(Answer(frame: writer.take(), outcomeOffset: outcomeOffset, effects: Effects()))
        }
    }

    /// Keeps the answer to a job under its key, and behind the hash with which rights it was made.
    func keep(
        _ answer: Answer, under key: [UInt8], hash: [UInt8], job: Job, on connection: borrowing Connection
    ) throws(Failure) {
        let hash = hash + (job.permission?.mark ?? [])
        try trusted(connection) { () throws(Failure) in
            defer { store.reset() }
            // The type and the body; the rest of the header is the request's that repeats it.
            var kept = [answer.frame[4]]
            kept.append(contentsOf: answer.frame[FrameHeader.size...])
            try bind(store) { statement throws(BindError) in
                try statement.bind(blob: key.span, at: 1)
                try statement.bind(blob: hash.span, at: 2)
                if kept.count <= Limits.idempotencyAnswerMax {
                    try statement.bind(blob: kept.span, at: 3)
                } else {
                    try statement.bindNull(at: 3)
                }
                try statement.bind(Int64(answer.outcomeOffset), at: 4)
                try statement.bind(Self.now(), at: 5)
            }
            _ = try step(store)
        }
    }

    /// Forgets some of the keys whose time is over.
    func forgetExpired(on connection: borrowing Connection) throws(Failure) {
        try trusted(connection) { () throws(Failure) in
            defer { purge.reset() }
            try bind(purge) { statement throws(BindError) in
                try statement.bind(Self.now() - Int64(Limits.idempotencyLifetime), at: 1)
            }
            _ = try step(purge)
        }
    }

    private func trusted<Result>(_ connection: borrowing Connection, _ body: () throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        let mode = connection.sandbox
        connection.sandbox = .trusted
        defer { connection.sandbox = mode }
        return try body()
    }

    private func bind(_ statement: Statement, _ body: (Statement) throws(BindError) -> Void) throws(Failure) {
        do throws(BindError) { try body(statement) } catch { throw Failure(error) }
    }

    private func step(_ statement: Statement) throws(Failure) -> Bool {
        do throws(SQLiteError) { return try statement.step() } catch { throw Failure(error) }
    }

    private static func now() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

extension SHA256 {
    /// A statement by its text, whatever its number is on this connection, and its parameters; each part behind its
    /// length.
    fileprivate mutating func update(
        _ statement: borrowing StatementReference, _ parameters: borrowing ParametersView, _ statements: StatementTable
    ) {
        switch statement {
        case .sql(let text): update(text)
        case .prepared(let id):
            let text = statements[id]?.utf8 ?? []
            update(text.span)
        }
        update(data: [parameters.form.rawValue])
        update(parameters.bytes)
    }

    fileprivate mutating func update(_ span: Span<UInt8>) {
        var length = ByteWriter(capacity: 10)
        length.writeVarint(span.count)
        update(data: length.bytes)
        update(data: [UInt8](copying: span))
    }
}
