import DoSQLEngine
import DoSQLProtocol

/// Group commit: writes that piled up share one transaction and one wait for the disk.
extension WriterDatabase {
    /// Commits autocommit writes as one, each in a savepoint of its own, and answers them when the commit is durable.
    ///
    /// A member that takes the whole transaction back (`INSERT OR ROLLBACK`, an interrupted write) costs the others one
    /// repetition: those before it run again, then it runs by itself, then those behind it, so that the order stays.
    mutating func commitGroup(_ jobs: [Job], watch: Watchdog.Post, outbox: inout Outbox) {
        var groups: [[Job]] = [jobs.filter { $0.begin() }]
        while let group = groups.popLast() {
            if group.isEmpty { continue }
            switch attempt(group, watch: watch, outbox: &outbox) {
            case .committed(let count):
                if count < group.count { groups.append(Array(group[count...])) }
                // Before the next answers are made: what a client has not taken bounds what is made for it.
                outbox.send()
            case .rolledBack(let culprit):
                groups.append(Array(group[(culprit + 1)...]))
                groups.append([group[culprit]])
                groups.append(Array(group[..<culprit]))
            }
        }
        groupsSincePurge += 1
        if groupsSincePurge >= Self.purgeInterval { purge() }
    }

    /// What became of a group.
    enum Attempt {
        /// So many of its members, from the first on, have been carried out and answered.
        case committed(Int)
        /// This member rolled the group back; nobody was answered.
        case rolledBack(by: Int)
    }

    /// Carries out members until all have been, or their answers are many bytes: they stay in memory until the commit.
    mutating func attempt(_ group: [Job], watch: Watchdog.Post, outbox: inout Outbox) -> Attempt {
        do throws(SQLiteError) {
            try connection.beginImmediate()
            feeds.transactionBegins()
        } catch {
            var failure = Failure(error)
            if let refusal = noteStorage(error.code) { failure.tell(refusal) }
            for job in group { job.refuse(failure, outbox: &outbox) }
            return .committed(group.count)
        }
        var answers: [Result<Answer, Failure>] = []
        answers.reserveCapacity(group.count)
        var newest = lsn
        var answerBytes = 0
        for (index, job) in group.enumerated() {
            do throws(Failure) {
                let answer = try runMember(job, newest: newest, watch: watch)
                if answer.effects.changed { newest += 1 }
                answers.append(.success(answer))
                answerBytes += answer.frame.count
                if answerBytes > TenantContext.groupBytesMax { break }
            } catch {
                if connection.isAutocommit && group.count > 1 { return .rolledBack(by: index) }
                answers.append(.failure(error))
            }
        }
        var commitFailure: Failure?
        if !connection.isAutocommit { commitFailure = commit(lsn: newest) }
        if commitFailure == nil { tenant.context.metrics.groupSize.observe(UInt64(answers.count)) }
        for (job, answer) in zip(group, answers) {
            switch (commitFailure, answer) {
            case (let failure?, _):
                // Also who only read or failed: it may have seen what the others would have made.
                job.refuse(failure, outbox: &outbox)
            case (nil, .success(let answer)):
                outbox.add(.terminal(succeeded: true, transaction: .none), answer.frame, to: job.address)
            case (nil, .failure(let failure)):
                job.refuse(failure, outbox: &outbox)
            }
        }
        return .committed(answers.count)
    }

    private func runMember(_ job: Job, newest: UInt64, watch: Watchdog.Post, isRepeated: Bool = false) throws(Failure)
        -> Answer
    {
        if job.cancellation.isCancelled || job.deadline <= Budget.now() { throw job.interruption }
        if let failure = job.address.answers.refusal { throw failure }
        let key = try job.idempotencyKey()
        var hash: [UInt8] = []
        if let key {
            hash = try IdempotencyTable.hash(of: job)
            switch try idempotency.answer(for: key, hash: hash, job: job, on: connection) {
            case .answer(let answer)?: return answer
            case .lost?: throw .answerLost
            case nil: break
            }
        }
        do throws(SQLiteError) { try connection.savepoint(Self.memberDepth) } catch { throw Failure(error) }
        do throws(Failure) {
            let answer = try runBounded(job, newest: newest, watch: watch)
            // RELEASE lets a violated deferred key pass, and the COMMIT of everybody would fail.
            if connection.hasDeferredForeignKeyViolations { throw .foreignKeyViolated }
            // Also where nothing changed: later the same words might, and the client has been told otherwise.
            if let key { try idempotency.keep(answer, under: key, hash: hash, job: job, on: connection) }
            do throws(SQLiteError) {
                try connection.release(Self.memberDepth)
                try connection.resetDeferForeignKeys()
            } catch {
                throw Failure(error)
            }
            return answer
        } catch {
            if !connection.isAutocommit {
                do throws(SQLiteError) {
                    try connection.rollbackTo(Self.memberDepth)
                    try connection.release(Self.memberDepth)
                    try connection.resetDeferForeignKeys()
                } catch {
                    throw Failure(error)
                }
                if error.isOutdatedStatement && !isRepeated {
                    return try runMember(job, newest: newest, watch: watch, isRepeated: true)
                }
            }
            throw job.worded(error)
        }
    }

    /// Runs a member's statements within its bounds, which end with them: what follows is the server's own.
    private func runBounded(_ job: Job, newest: UInt64, watch: Watchdog.Post) throws(Failure) -> Answer {
        connection.serve(job)
        watch.arm(connection.interrupter, deadline: job.stretchEnd)
        defer {
            watch.disarm()
            connection.serveNobody()
        }
        return try WholeRequest.run(
            job, on: connection, isReadOnly: false, transaction: .none,
            numbers: .init(current: newest, own: newest + 1), feeds: feeds)
    }
}
