import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// What is done when no client waits for it.
extension WriterDatabase {
    /// Whether the log has grown so much that it is time to copy it into the file: at once beyond four times the limit,
    /// else when the line is empty.
    func isCheckpointDue(lineIsEmpty: Bool) -> Bool {
        let frames = tenant.walFrames.load(ordering: .relaxed)
        return frames >= (lineIsEmpty ? checkpointFrames : 4 * checkpointFrames)
    }

    /// Copies the write-ahead log into the file, as far as readers allow.
    mutating func checkpoint() {
        guard transaction == nil else { return }
        let limit = tenant.context.checkpointPages
        do throws(SQLiteError) {
            let done = try connection.checkpoint(.passive)
            tenant.isCheckpointBlocked.store(!done.isComplete, ordering: .relaxed)
            tenant.context.metrics.checkpointed(done.isComplete ? .complete : .partial)
            tenant.walFrames.store(done.isComplete ? 0 : done.log, ordering: .relaxed)
            // What a reader holds back is not tried again with every commit.
            checkpointFrames = done.isComplete ? limit : done.log + limit
        } catch {
            // The log stays as it is and the next checkpoint tries again.
            noteStorage(error.code, writing: .database)
            tenant.context.metrics.checkpointed(.failed)
            tenant.isCheckpointBlocked.store(true, ordering: .relaxed)
            checkpointFrames = tenant.walFrames.load(ordering: .relaxed) + limit
        }
    }

    mutating func purge() {
        groupsSincePurge = 0
        do throws(SQLiteError) {
            try connection.beginImmediate()
            do throws(Failure) { try idempotency.forgetExpired(on: connection) } catch {
                // Keys that stay longer than promised harm nobody.
            }
            try connection.commit()
        } catch {
            noteStorage(error.code)
            rollBack()
        }
    }
}

// MARK: - Errands

extension WriterDatabase {
    /// Carries out something of an operator's, trusted, within a time; then checkpoints what it has written.
    /// - Parameter holding: is given what stops it, and told when it is over.
    mutating func carryOut<Value>(
        errand: (borrowing Connection) throws(SQLiteError) -> Value, time: UInt64, _ watch: Watchdog.Post,
        holding: (Interrupter) -> () -> Void
    ) -> Result<Value, Failure> {
        guard transaction == nil else { return .failure(Failure(.internal, "an errand met an open transaction")) }
        let deadline = Budget.now() &+ time
        watch.arm(connection.interrupter, deadline: deadline)
        let release = holding(connection.interrupter)
        defer {
            watch.disarm()
            release()
        }
        do throws(SQLiteError) {
            let value = try errand(connection)
            published()
            checkpoint()
            return .success(value)
        } catch {
            var failure = Failure(error)
            if let refusal = noteStorage(error.code) { failure.tell(refusal) }
            if failure.wasInterrupted {
                failure =
                    Budget.now() >= deadline
                    ? Failure(
                        .deadlineExceeded, "this takes too long", limit: ("checkTime", Int(clamping: time / 1_000_000)))
                    : Failure(.shuttingDown, "the server is shutting down")
            }
            return .failure(failure)
        }
    }
}
