import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Handing requests to the threads that carry them out.
extension Session {
    func submitWrite(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, deadline: UInt64?
    ) {
        let job = makeJob(stream, type, header, body, deadline: deadline, waits: true)
        register(job, .line)
        if !stream.tenant.tenant.submit(.write(job)), job.giveUp() {
            var failure = Failure(
                .overloaded, "too many writes wait for this tenant",
                limit: ("writeQueueMax", shard.context.tenants.context.writeQueueMax))
            failure.retryAfter = 100
            answerForLine(job, failure)
        }
    }

    func submitRead(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, deadline: UInt64?,
        credit: UInt64?
    ) {
        let job = makeJob(stream, type, header, body, deadline: deadline, waits: false, credit: credit)
        let session = ReadSession(tenant: stream.tenant.tenant, address: job.address, isSingle: true)
        register(job, .session(session))
        session.submit(.request(job))
    }

    func submitAlone(_ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>) {
        var deadline: UInt64?
        switch type {
        case .script: deadline = (try? Script(body))?.deadline
        case .load: deadline = (try? Load(body))?.deadline
        default: break
        }
        let job = makeJob(stream, type, header, body, deadline: deadline, waits: type != .open)
        register(job, type == .load ? .load : .line)
        _ = stream.tenant.tenant.submit(.exclusive(job))
    }

    func submitToTransaction(_ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>) {
        var deadline: UInt64?
        var credit: UInt64?
        switch type {
        case .query, .queryOne, .run:
            if let execute = try? Execute(body, kind: Execute.kind(of: type)) {
                deadline = execute.deadline
                credit = execute.credit
            }
        case .batch: deadline = (try? Batch(body))?.deadline
        case .load: deadline = (try? Load(body))?.deadline
        case .publish: deadline = (try? Publish(body))?.deadline
        default: break
        }
        stream.machine.started(header.request, asWrite: false)
        let job = makeJob(stream, type, header, body, deadline: deadline, waits: false, credit: credit)
        register(job, .transaction)
        stream.submit(.request(job))
    }

    func begin(_ stream: SessionStream, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool) {
        let begin: Begin
        do throws(DecodeError) {
            begin = try Begin(body)
        } catch {
            return finish(stream, header, isDeferred: isDeferred, Failure(error))
        }
        guard begin.mode == .read || !stream.isReadOnly else {
            return finish(stream, header, isDeferred: isDeferred, .readOnly)
        }
        stream.machine.started(header.request, asWrite: false)
        let job = makeJob(
            stream, .begin, header, body, deadline: nil, waits: begin.mode == .write, wait: begin.deadline)
        switch begin.mode {
        case .read:
            let session = ReadSession(tenant: stream.tenant.tenant, address: job.address, isSingle: false)
            stream.transaction = .read(session)
            register(job, .session(session))
            session.submit(.request(job))
        case .write:
            stream.transaction = .write(job)
            register(job, .line)
            _ = stream.tenant.tenant.submit(.exclusive(job))
        }
    }

    private func makeJob(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, deadline: UInt64?,
        waits: Bool,
        credit: UInt64? = nil,
        wait: UInt64? = nil
    ) -> Job {
        let received = receivedAt ?? shard.loop.now
        let end = deadline.map { Self.time($0, after: received) } ?? .max
        let longest = shard.loop.now &+ shard.context.configuration.session.transactionWaitMax
        // What does not wait for a turn may still wait for a thread.
        let waitEnd = waits ? min(end, wait.map { Self.time($0, after: received) } ?? longest) : end
        // A dump or a migration is long by nature, and is told to end by its client's deadline only.
        let isText = type == .script || type == .migrate
        return Job(
            address: address(of: header), type: type, body: [UInt8](copying: body), statements: statements,
            permission: streams[header.stream]?.permission, replyMax: replyMax, deadline: end, waitDeadline: waitEnd,
            isUnhurried: isText, credit: credit.map { Int(clamping: $0) } ?? Limits.creditDefault,
            tenant: stream.tenant.tenant, limits: stream.tenant.limits, total: shard.inFlight,
            receivedAt: received)
    }

    private func register(_ job: Job, _ carrier: InFlight.Carrier) {
        machine.deferred(job.address.request)
        if !earlyCredit.isEmpty, let credit = earlyCredit.removeValue(forKey: job.address.request) {
            _ = job.flow.give(credit: credit)
        }
        machine.kept(bytes: job.body.count)
        inFlight[job.address.request] = InFlight(
            job: job, carrier: carrier, receivedAt: receivedAt ?? shard.loop.now, lastProgress: shard.loop.now)
    }

    func close(_ stream: SessionStream, _ header: FrameHeader, isDeferred: Bool) {
        abandonTransaction(of: stream)
        endSubscriptions(Failure(.cancelled, "stream \(stream.id) was closed"), on: stream.id)
        streams[stream.id] = nil
        OK(Outcome()).encode(into: &output, stream: header.stream, request: header.request)
        makeDirty()
        if isDeferred { answered(header.request) }
        for held in stream.machine.closed() {
            let header = held.pending.header
            machine.released(bytes: held.pending.body.count)
            if header.type == MessageType.open.rawValue || streams[stream.id] != nil {
                // An OPEN behind the CLOSE, and what belongs to it: as if they came now.
                answered(header.request)
                asReceived(held.pending) { request(header, held.pending.body.span) }
            } else {
                answer(header, isDeferred: true, Failure(.streamNotOpen, "stream \(stream.id) was closed"))
            }
        }
    }

    private func abandonTransaction(of stream: SessionStream) {
        stream.submit(.abandon)
        stream.transaction = nil
    }
}
