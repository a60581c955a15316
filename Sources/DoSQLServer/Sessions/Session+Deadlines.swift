import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// What is due when time has passed.
extension Session {
    /// Nanoseconds that a read waits for others to read their answers.
    private static let roomWaitMax: UInt64 = 5_000_000_000

    /// Looks at every deadline.
    func tick(_ now: UInt64) {
        if machine.isHandshakeLate(now: now) { return fail(.handshakeTimeout, "HELLO did not come in time") }
        guard principal == nil || isStillLetIn() else { return }
        // They may have waited for others to read.
        if !subscriptions.isEmpty && !shard.inFlight.isFull { resumeSubscriptions() }
        let session = shard.context.configuration.session
        if !inFlight.isEmpty {
            for entry in inFlight.values { tick(entry, now, session) }
            // The server may have room again, though nothing was taken here.
            answers.resume()
        }
        for stream in streams.values {
            expireHeld(stream, now)
            guard case .expireTransaction(let interrupt) = stream.machine.timeout(now: now) else { continue }
            if interrupt {
                for entry in inFlight.values where entry.job.address.stream == stream.id { entry.job.cancel(.expired) }
            }
            stream.submit(.expire)
        }
    }

    /// Gives up what waited in its stream's line for longer than it wants to.
    private func expireHeld(_ stream: SessionStream, _ now: UInt64) {
        while let held = stream.machine.removeHeld(where: { $0.deadline <= now }) {
            machine.released(bytes: held.body.count)
            answer(
                held.header, isDeferred: true,
                Failure(.deadlineExceeded, "the deadline has passed before the request's turn came"),
                transaction: stream.machine.transaction)
        }
        closeIfDrained()
    }

    private func tick(_ entry: InFlight, _ now: UInt64, _ limits: SessionLimits) {
        let job = entry.job
        if job.waitDeadline <= now, job.giveUp() {
            let isDeadline = job.deadline <= now
            return answerForLine(
                job, isDeadline ? job.interruption : .lockTimeout((job.waitDeadline &- entry.lastProgress) / 1_000_000))
        }
        switch entry.carrier {
        case .line:
            break
        case .load:
            tickLoad(entry, now, idleMax: job.limits.transactionIdleTime)
        case .transaction where job.type == .load:
            tickLoad(
                entry, now, idleMax: streams[job.address.stream]?.machine.idleMax ?? job.limits.transactionIdleTime)
        case .session, .transaction:
            if answers.hasParked {
                if job.isCancelled { answers.resume(isForced: true) }
                let isLate = shard.inFlight.isShort && now > entry.lastProgress &+ Self.roomWaitMax
                if isLate, job.giveUp() { return answerForLine(job, shard.inFlight.refusal) }
            }
            if job.flow.isParked && !shard.inFlight.isShort && job.flow.retry() { submit(.resume, for: entry) }
            // Only what waits for the client can stall; the others are working.
            if job.flow.isParked && now > entry.lastProgress &+ limits.cursorStallMax {
                job.cancel(.stalled)
                submit(.resume, for: entry)
            }
            // Nobody steps a parked result, so nobody sees its deadline.
            if job.flow.isParked && job.deadline <= now {
                job.cancel(.deadline)
                submit(.resume, for: entry)
            }
            if case .session(let read) = entry.carrier, read.blocksCheckpoint(now: now, ageMax: limits.snapshotAgeMax) {
                job.cancel(.snapshotTooOld)
                submit(.resume, for: entry)
            }
        }
    }

    /// A load holds the turn to write while it waits for its client's rows.
    private func tickLoad(_ entry: InFlight, _ now: UInt64, idleMax: UInt64) {
        // What the client has sent is granted anew when it is stored: with less, it is the server that works.
        if entry.rowsCredit == Limits.loadWindow && now > entry.lastProgress &+ idleMax { submit(.expire, for: entry) }
        if entry.job.deadline <= now && !entry.job.isCancelled { cancel(entry, .deadline) }
    }
}
