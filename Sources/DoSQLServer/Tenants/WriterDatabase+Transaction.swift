import DoSQLEngine
import DoSQLProtocol

/// The interactive transaction, or load, that holds the turn.
extension WriterDatabase {
    mutating func begin(_ job: Job, isSingle: Bool, outbox: inout Outbox) throws(Failure) {
        do throws(SQLiteError) { try connection.beginImmediate() } catch { throw Failure(error) }
        feeds.transactionBegins()
        connection.sandbox = .transaction
        changesAtBegin = connection.totalChanges
        transaction = TransactionRunner(address: job.address, mode: .write, isSingle: isSingle, feeds: feeds)
        transactionOwner = job
        if isSingle { return }
        let times = job.transactionTimes
        job.acknowledge(
            Outcome(transaction: .write, lsn: lsn), kind: .began(.write, idleMax: times.idle, totalMax: times.total),
            outbox: &outbox)
    }

    /// Carries out an item of the transaction that holds the turn.
    mutating func carryOut(_ item: Tenant.SessionItem, watch: Watchdog.Post, outbox: inout Outbox) {
        guard var runner = transaction else { return }
        let next = runner.carryOut(item, on: connection, lsn: lsn, watch: watch, outbox: &outbox)
        connection.serveNobody()
        transaction = runner
        carryOut(next, outbox: &outbox)
    }

    mutating func carryOutClaimed(_ job: Job, watch: Watchdog.Post, outbox: inout Outbox) {
        guard var runner = transaction else { return }
        let next = runner.begin(load: job, on: connection, outbox: &outbox)
        transaction = runner
        carryOut(next, outbox: &outbox)
    }

    private mutating func carryOut(_ next: TransactionRunner.Next, outbox: inout Outbox) {
        switch next {
        case .wait: break
        case .again: if let transactionOwner { tenant.submit(.resume, for: transactionOwner) }
        case .commit(let job): commitTransaction(job, outbox: &outbox)
        case .rollBack: endTransaction(rollsBack: true)
        }
    }

    private mutating func commitTransaction(_ job: Job, outbox: inout Outbox) {
        guard let runner = transaction else { return }
        do throws(Failure) {
            var key: [UInt8]?
            if job.type == .commit { key = try job.idempotencyKey() }
            if let key {
                switch try idempotency.answer(
                    for: key, hash: try IdempotencyTable.hash(of: job), job: job, on: connection)
                {
                case .answer(let first)?:
                    endTransaction(rollsBack: true)
                    outbox.add(.terminal(succeeded: true, transaction: .none), first.frame, to: job.address)
                    return
                case .lost?: throw .answerLost
                case nil: break
                }
            }
            let changed = runner.hasChanged || key != nil || connection.totalChanges != changesAtBegin
            let newest = changed ? lsn + 1 : lsn
            let effects = Effects(changed: changed)
            let acknowledgement = job.acknowledgement(effects.outcome(transaction: .none, lsn: newest))
            let answer = Answer(frame: acknowledgement, outcomeOffset: FrameHeader.size, effects: effects)
            // A violated deferred key fails the COMMIT and leaves the transaction open, for its client to mend.
            if connection.hasDeferredForeignKeyViolations { throw .foreignKeyViolated }
            if let key {
                try idempotency.keep(
                    answer, under: key, hash: try IdempotencyTable.hash(of: job), job: job, on: connection)
            }
            if let failure = commit(lsn: newest) {
                endTransaction(rollsBack: false)
                job.refuse(failure, transaction: .none, outbox: &outbox)
                return
            }
            endTransaction(rollsBack: false)
            let frame = job.type == .load ? runner.loadAnswer(to: job, lsn: newest) : answer.frame
            outbox.add(.terminal(succeeded: true, transaction: .none), frame, to: job.address)
        } catch {
            job.refuse(error, transaction: runner.state, outbox: &outbox)
            if job.type == .load { endTransaction(rollsBack: true) }
        }
    }

    private mutating func endTransaction(rollsBack: Bool) {
        transaction = nil
        transactionOwner = nil
        if rollsBack { rollBack() }
        connection.sandbox = .autocommit
        do throws(SQLiteError) {
            // TEMP objects would hide tables from the next client: a new connection has none.
            if try connection.hasTemporaryObjects() { isBroken = true }
        } catch {
            isBroken = true
        }
    }
}
