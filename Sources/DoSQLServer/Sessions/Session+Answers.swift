import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Answers, made here or by other threads.
extension Session {
    func answeredAtOnce(_ stream: SessionStream, _ header: FrameHeader, isDeferred: Bool) {
        stream.machine.finishedAtOnce(succeeded: true)
        if isDeferred { answered(header.request) }
        makeDirty()
    }

    /// A request failed before it left the loop.
    func finish(_ stream: SessionStream, _ header: FrameHeader, isDeferred: Bool, _ failure: Failure) {
        stream.machine.finishedAtOnce(succeeded: false)
        answer(header, isDeferred: isDeferred, failure, transaction: stream.machine.transaction)
    }

    func answer(_ header: FrameHeader, isDeferred: Bool, _ failure: Failure, transaction: TransactionState = .none) {
        refuse(header, failure, transaction: transaction)
        if isDeferred { answered(header.request) }
    }

    /// What is said when this connection has too much in flight.
    func overloaded() -> Failure {
        var failure = Failure(.overloaded, "too many requests, or bytes of them, wait on this connection")
        failure.limit =
            machine.inFlightCount >= Limits.requestsInFlightMax
            ? ("requestsInFlightMax", Limits.requestsInFlightMax) : ("requestBytesMax", Limits.requestBytesMax)
        failure.retryAfter = 100
        return failure
    }

    /// Refuses a request that gets no place in its stream's line.
    func refuseOnArrival(_ header: FrameHeader, _ failure: Failure) {
        guard let stream = streams[header.stream] else { return refuse(header, failure) }
        stream.machine.refusedOnArrival()
        refuse(header, failure, transaction: stream.machine.transaction)
    }

    func refuse(_ header: FrameHeader, _ failure: Failure, transaction: TransactionState = .none) {
        shard.metrics.failed(failure.code)
        failure.message(transaction: transaction).encode(into: &output, stream: header.stream, request: header.request)
        makeDirty()
    }

    /// Answers a job that was given up before it began. A transaction that it was part of goes on.
    func answerForLine(_ job: Job, _ failure: Failure) {
        // What stands behind it must not wait for its room.
        answers.resume(isForced: true)
        var transaction = TransactionState.none
        if case .transaction? = inFlight[job.address.request]?.carrier {
            transaction = streams[job.address.stream]?.machine.transaction ?? .none
        }
        let kind: Reply.Kind =
            job.type == .open ? .opened(succeeded: false) : .terminal(succeeded: false, transaction: transaction)
        deliver(
            Reply(
                connection: id, stream: job.address.stream, request: job.address.request, kind: kind,
                frame: failure.frame(
                    stream: job.address.stream, request: job.address.request, transaction: transaction),
                answers: nil))
    }

    /// Another thread has an answer, or a part of one.
    func deliver(_ reply: Reply) {
        guard !isClosing else { return }
        let now = shard.loop.now
        shard.metrics.answered(reply.frame)
        output.append(reply.frame)
        makeDirty()
        switch reply.kind {
        case .part(let bytes):
            inFlight[reply.request]?.lastProgress = now
            if bytes > 0 { untaken.append((reply.request, bytes)) }
        case .grant(let bytes):
            inFlight[reply.request]?.lastProgress = now
            inFlight[reply.request]?.rowsCredit += bytes
        case .terminal(let succeeded, let transaction):
            answered(reply) { stream in
                if transaction == .none { stream.transaction = nil }
                stream.machine.finished(reply.request, succeeded: succeeded, transaction: transaction, now: now)
            }
        case .began(let transaction, let idleMax, let totalMax):
            answered(reply) { stream in
                stream.machine.finished(reply.request, succeeded: true, transaction: transaction, now: now)
                stream.machine.began(idleMax: idleMax, totalMax: totalMax, now: now)
            }
        case .opened(let succeeded):
            answered(reply) { stream in
                stream.machine.opened(succeeded: succeeded)
                guard !succeeded else { return }
                streams[stream.id] = nil
                for held in stream.machine.closed() {
                    machine.released(bytes: held.pending.body.count)
                    answer(
                        held.pending.header, isDeferred: true,
                        Failure(.streamNotOpen, "the OPEN of stream \(stream.id) failed"))
                }
            }
        }
    }

    func answered(_ request: UInt32) {
        machine.answered(request)
        if !earlyCredit.isEmpty { earlyCredit[request] = nil }
    }

    func answered(_ reply: Reply, _ body: (SessionStream) -> Void) {
        if let entry = inFlight.removeValue(forKey: reply.request) {
            machine.released(bytes: entry.job.body.count)
            entry.job.tally.end()
        }
        answered(reply.request)
        if let stream = streams[reply.stream] {
            body(stream)
            if streams[reply.stream] === stream { pump(stream) }
        }
        closeIfDrained()
    }

    /// The transaction of a stream was rolled back because its time was over.
    func transactionExpired(onStream id: UInt16) {
        guard let stream = streams[id], stream.machine.transactionExpired() else { return }
        stream.transaction = nil
        pump(stream)
        closeIfDrained()
    }
}
