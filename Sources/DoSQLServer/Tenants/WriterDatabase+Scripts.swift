import DoSQLEngine
import DoSQLProtocol

/// Scripts and migrations: texts that are transactions of their own.
extension WriterDatabase {
    mutating func runScript(_ job: Job, outbox: inout Outbox) throws(Failure) {
        let body = job.body
        let script: Script
        do throws(DecodeError) { script = try Script(body.span) } catch { throw Failure(error) }
        let key = try job.idempotencyKey()
        var hash: [UInt8] = []
        if let key {
            hash = try IdempotencyTable.hash(of: job)
            switch try idempotency.answer(for: key, hash: hash, job: job, on: connection) {
            case .answer(let answer)?:
                outbox.add(.terminal(succeeded: true, transaction: .none), answer.frame, to: job.address)
                return
            case .lost?: throw .answerLost
            case nil: break
            }
        }
        let counter = ChangeCounter(lsn)
        let idempotency = idempotency
        let storeLSN = storeLSN
        let runner = ScriptRunner { (connection: borrowing Connection, result: ScriptResult) throws(SQLiteError) in
            if key != nil && result.ownsItsTransactions {
                counter.isKeyRefused = true
                throw SQLiteError(
                    code: .error,
                    message:
                        "an idempotency key is only for a script that is one transaction: this one has its own BEGIN")
            }
            counter.newest += 1
            try Self.store(counter.newest, storeLSN, on: connection)
            guard let key else { return }
            // Inside the script's one transaction, so that key and effects are there together or not at all.
            do throws(Failure) {
                try idempotency.keep(
                    Self.scriptAnswer(job, result, changed: true, lsn: counter.newest), under: key, hash: hash,
                    job: job, on: connection)
            } catch {
                throw SQLiteError(code: .error, message: error.message)
            }
        }
        let result: ScriptResult
        do throws(ScriptError) {
            result = try runner.run(script.sql, on: connection)
        } catch {
            // What was numbered last may have been rolled back.
            counter.newest = Self.storedLSN(on: connection) ?? counter.newest
            finishScript(counter, leftTemporaryObjects: error.leftTemporaryObjects)
            var failure = Failure(error)
            if counter.isKeyRefused {
                failure.code = .transactionControl
                failure.sqlite = 0
            }
            throw job.worded(failure)
        }
        finishScript(counter, leftTemporaryObjects: result.leftTemporaryObjects)
        let answer = Self.scriptAnswer(job, result, changed: result.changedAnything, lsn: lsn)
        outbox.add(.terminal(succeeded: true, transaction: .none), answer.frame, to: job.address)
    }

    private mutating func finishScript(_ counter: ChangeCounter, leftTemporaryObjects: Bool) {
        lsn = counter.newest
        connection.sandbox = .autocommit
        published()
        // Nobody else may see them; a new connection has none.
        if leftTemporaryObjects { isBroken = true }
    }

    private static func scriptAnswer(_ job: Job, _ result: ScriptResult, changed: Bool, lsn: UInt64) -> Answer {
        var writer = ByteWriter(capacity: 64)
        let effects = Effects(changed: changed, changes: UInt64(clamping: result.changes), lastInsertRowid: 0)
        Done(effects.outcome(transaction: .none, lsn: lsn), statements: UInt64(result.statements))
            .encode(into: &writer, stream: job.address.stream, request: job.address.request)
        return Answer(frame: writer.take(), outcomeOffset: FrameHeader.size, effects: effects)
    }

    mutating func migrate(_ job: Job, outbox: inout Outbox) throws(Failure) {
        let body = job.body
        let request: Migrate
        do throws(DecodeError) { request = try Migrate(body.span) } catch { throw Failure(error) }
        var migrations: [Migration] = []
        var reader = request.makeReader()
        for _ in 0..<request.count {
            guard let migration = try? reader.next() else { break }
            migrations.append(Migration(id: Text(migration.id).repaired, sql: Text(migration.sql).repaired))
        }
        let before = lsn
        let statuses: [MigrationStatus]
        var appliedNow: Set<String> = []
        if request.isDryRun {
            do throws(MigrationError) {
                statuses = try Migrator().plan(migrations, on: connection)
            } catch {
                throw Failure(error)
            }
        } else {
            (statuses, appliedNow) = try apply(migrations)
        }
        let entries = statuses.map { status in
            Migrations.Entry(
                id: status.id,
                state: appliedNow.contains(status.id) ? .applied : status.isPending ? .pending : .appliedBefore,
                appliedAt: status.application?.appliedAt ?? "", checksum: status.application?.checksum ?? "",
                milliseconds: UInt64(clamping: status.application?.durationMilliseconds ?? 0))
        }
        var writer = ByteWriter(capacity: 256)
        Migrations(entries, outcome: Outcome(changed: lsn != before, lsn: lsn))
            .encode(into: &writer, stream: job.address.stream, request: job.address.request)
        guard writer.count - FrameHeader.size <= job.replyMax else { throw .resultTooLarge(job.replyMax) }
        outbox.add(.terminal(succeeded: true, transaction: .none), writer.take(), to: job.address)
    }

    /// Applies what is pending, each migration a change of its own.
    mutating func apply(_ migrations: [Migration]) throws(Failure) -> (
        statuses: [MigrationStatus], appliedNow: Set<String>
    ) {
        let counter = ChangeCounter(lsn)
        let storeLSN = storeLSN
        let made = try Self.madeTables(on: connection)
        let migrator = Migrator(provisional: made) { (connection: borrowing Connection) throws(SQLiteError) in
            counter.newest += 1
            try Self.store(counter.newest, storeLSN, on: connection)
        }
        var appliedNow: Set<String> = []
        defer {
            connection.sandbox = .autocommit
        }
        do throws(MigrationError) {
            let statuses = try migrator.apply(migrations, on: connection) { appliedNow.insert($0.id) }
            lsn = counter.newest
            published()
            return (statuses, appliedNow)
        } catch {
            // A migration that failed after its number was written was rolled back with it.
            lsn += UInt64(appliedNow.count)
            published()
            throw Failure(error)
        }
    }
}

/// Numbers changes inside the transactions of a script or of migrations, whose hook must not capture a variable that
/// may move.
private final class ChangeCounter {
    var newest: UInt64
    /// The script has its own BEGIN, and so can have no key.
    var isKeyRefused = false

    init(_ newest: UInt64) {
        self.newest = newest
    }
}
