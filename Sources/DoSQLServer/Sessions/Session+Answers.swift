import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Answers, made here or by other threads.
extension Session {
    /// A request was carried out within so many nanoseconds.
    func took(_ nanoseconds: UInt64, _ stream: SessionStream) {
        shard.metrics.took(nanoseconds, faceKind)
        shard.tally(stream.tenant).figures.latency.observe(nanoseconds)
    }

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
        shard.metrics.failed(failure, faceKind)
        if let stream = stream(header.stream) { shard.tally(stream.tenant).figures.errors &+= 1 }
        var message = failure.message(transaction: transaction)
        if shard.context.requestLog.wants(failure.code) { log(&message, header.request, stream: header.stream) }
        message.encode(into: &output, stream: header.stream, request: header.request)
        makeDirty()
    }

    /// Logs an error. One that is the server's own tells the client by which name it stands in the log.
    private func log(_ error: inout ErrorMessage, _ request: UInt32, stream: UInt16) {
        guard let code = error.code else { return }
        let caller = caller(of: request)
        if RequestLog.isServers(code) { error.trace = caller.name }
        shard.context.requestLog.failed(
            code, error.message, tenant: streams[stream]?.tenant.tenant.name.description, by: caller)
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
        let error = shard.metrics.answered(reply.frame, faceKind)
        if let stream = stream(reply.stream) {
            let tally = shard.tally(stream.tenant)
            tally.figures.bytesSent &+= UInt64(reply.frame.count)
            if error != nil { tally.figures.errors &+= 1 }
        }
        if var error, let code = error.code, shard.context.requestLog.wants(code) {
            let length = FrameHeader.size + Int(FrameHeader(decoding: reply.frame.span).length)
            log(&error, reply.request, stream: reply.stream)
            error.encode(into: &output, stream: reply.stream, request: reply.request)
            output.append(reply.frame.span.extracting(droppingFirst: length))
        } else {
            output.append(reply.frame)
        }
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
            if let stream = stream(reply.stream) { took(shard.loop.now &- entry.receivedAt, stream) }
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
