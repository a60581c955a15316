import DoSQLProtocol
import NIOCore

extension Tenant {
    /// Runs a closure in a transaction (`protocol/transactions.md`).
    ///
    /// - Parameters:
    ///   - mode: whether it may write.
    ///   - options: how long it may wait, idle and last.
    ///   - body: its statements go through the transaction it is given. It runs once, unless
    ///     ``RetryPolicy/retriesTransactions`` is set.
    /// - Returns: what the closure returned, after the commit is durable.
    /// - Throws: the closure's error, unchanged, after ROLLBACK, which the task's cancellation does not touch; an error of
    ///   BEGIN or COMMIT. A COMMIT that was sent is waited for whatever happens: if the connection is lost meanwhile, the
    ///   server is asked whether it was carried out, and only where nobody can say is the error's execution *unknown*.
    public func transaction<Result>(
        mode: TransactionMode, options: TransactionOptions, _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await observed("transaction") {
            var attempts = 1
            while true {
                do {
                    return try await attemptTransaction(mode, options, body)
                } catch let error as DoSQLError {
                    guard let pause = pause(after: error, attempt: attempts) else { throw error }
                    attempts += 1
                    try await Task.sleep(for: pause)
                }
            }
        }
    }

    private func pause(after error: DoSQLError, attempt: Int) -> Duration? {
        let policy = configuration.retry
        guard policy.retriesTransactions, attempt < policy.attemptsMax, error.execution == .notExecuted else {
            return nil
        }
        switch error.code {
        case .transactionAborted, .transactionLost, .lockTimeout: return policy.jittered(after: attempt)
        default: return nil
        }
    }

    private func attemptTransaction<Result>(
        _ mode: TransactionMode, _ options: TransactionOptions, _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        let (pooled, lease) = try await begin(mode, options)
        let connection = pooled.connection
        defer {
            connection.post(.returnLease(lease))
            pooled.release()
        }
        let transaction = Transaction(tenant: self, connection: connection, lease: lease)
        let result: Result
        do {
            result = try await body(transaction)
        } catch {
            if case nil = transaction.close() { await rollBack(connection, lease) }
            throw error
        }
        switch transaction.close() {
        case nil: try await commit(mode, options, connection, lease)
        case .lost(let error): throw error
        case .endedBySQL, .closed: break
        }
        return result
    }

    /// BEGIN, repeated while it is known not to have been carried out: the closure has not run.
    private func begin(
        _ mode: TransactionMode, _ options: TransactionOptions
    ) async throws -> (PooledConnection, Lease) {
        let body = RequestBody.begin(
            mode.wire, deadline: options.waitMax?.deadlineMilliseconds, idle: options.idleMax?.deadlineMilliseconds,
            total: options.totalMax?.deadlineMilliseconds)
        return try await runner.repeating(.read) { pooled, _ in
            let lease = pooled.connection.lease(key)
            do {
                _ = try await pooled.connection.call(
                    body, on: .lease(lease), guardTime: runner.guardTime(options.waitMax))
            } catch {
                pooled.connection.post(.returnLease(lease))
                pooled.release()
                throw error
            }
            return (pooled, lease)
        }
    }

    /// ROLLBACK, whatever has become of the task. If it fails there is nothing left to roll back: giving the lease back sees
    /// to the stream.
    private func rollBack(_ connection: Connection, _ lease: Lease) async {
        _ = try? await connection.call(.rollback, on: .lease(lease), isShielded: true)
    }

    private func commit(
        _ mode: TransactionMode, _ options: TransactionOptions, _ connection: Connection, _ lease: Lease
    ) async throws {
        let key: IdempotencyKey? =
            switch mode {
            case .read: nil
            case .write: options.idempotencyKey ?? (configuration.keysCommits ? .random() : nil)
            }
        do {
            _ = try await connection.call(.commit(key), on: .lease(lease), isShielded: true)
        } catch let error as DoSQLError where error.code == .connectionClosed {
            switch mode {
            case .read: return
            case .write: try await settleLostCommit(key, error)
            }
        } catch {
            // A commit that SQLite refuses, for a deferred constraint, leaves the transaction open.
            await rollBack(connection, lease)
            throw error
        }
    }

    /// Asks whether a COMMIT whose answer was lost was carried out: BEGIN, COMMIT(key) with nothing between
    /// (`protocol/transactions.md`, *Idempotency keys*). The key is taken after that, so it never will be.
    private func settleLostCommit(_ key: IdempotencyKey?, _ cause: DoSQLError) async throws {
        guard let key else { throw cause }
        var newest: UInt64?
        for attempt in 1...max(configuration.retry.attemptsMax, 2) {
            guard let wasCommitted = try? await probe(key, newest: &newest) else {
                // In a task of its own, since the answer is worth waiting for also where the caller was cancelled.
                let pause = configuration.retry.jittered(after: attempt)
                await Task { try? await Task.sleep(for: pause) }.value
                continue
            }
            if wasCommitted { return }
            throw DoSQLError(
                .transactionLost, "the connection was lost before the transaction was committed", isRetryable: true,
                underlying: cause)
        }
        throw DoSQLError(
            .connectionClosed,
            "the connection was lost during COMMIT, and the server cannot be asked what became of it",
            execution: .unknown, underlying: cause)
    }

    /// - Parameter newest: the newest change that the first question's BEGIN saw. A question whose own answer was lost has
    ///   taken the key, too, and is what the next one is told of; its change is newer, the commit's is not.
    private func probe(_ key: IdempotencyKey, newest: inout UInt64?) async throws -> Bool {
        let pooled = try await runner.pool.acquire(isShielded: true)
        let lease = pooled.connection.lease(self.key)
        defer {
            pooled.connection.post(.returnLease(lease))
            pooled.release()
        }
        let begun = try await pooled.connection.call(
            .begin(.write, deadline: nil, idle: nil, total: nil), on: .lease(lease), isShielded: true
        ).answer
        guard case .ok(let begin) = begun else { throw DoSQLError.unexpected("another kind of answer") }
        let before = newest ?? begin.outcome.lsn
        newest = before
        let answer = try await pooled.connection.call(.commit(key), on: .lease(lease), isShielded: true).answer
        guard case .ok(let ok) = answer else { throw DoSQLError.unexpected("another kind of answer") }
        return ok.outcome.replayed && ok.outcome.lsn <= before
    }
}

extension TransactionMode {
    fileprivate var wire: Begin.Mode {
        switch self {
        case .read: .read
        case .write: .write
        }
    }
}
