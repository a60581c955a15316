import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// Requests on streams: what may start now, and where it belongs.
extension Session {
    func request(_ header: FrameHeader, _ body: Span<UInt8>) {
        if header.type == MessageType.open.rawValue {
            // Behind a CLOSE the number is free when its turn comes; should CLOSE fail, `start` tells that it is in
            // use.
            if let stream = streams[header.stream], stream.machine.isClosing {
                return hold(stream, .describe, header, body)
            }
            return open(header, body)
        }
        guard let stream = stream(header.stream), let type = MessageType(rawValue: header.type),
            let kind = RequestKind(type)
        else {
            return refuse(header, Failure(.streamNotOpen, "stream \(header.stream) is not open"))
        }
        turn(of: stream.tenant)
        // One that was kept behind a CLOSE has been counted.
        if receivedAt == nil {
            let tally = shard.tally(stream.tenant)
            tally.figures.requests &+= 1
            tally.figures.bytesReceived &+= UInt64(body.count)
        }
        if shard.inFlight.isFull || !stream.tenant.hasRoom, kind.isBounded, let failure = refusal(of: stream.tenant) {
            return refuseOnArrival(header, failure)
        }
        switch stream.machine.received(kind, depends: header.flags.contains(.depends)) {
        case .start:
            start(stream, type, header, body, isDeferred: false)
        case .startIfWrite:
            if !startIfWrite(stream, type, header, body, isDeferred: false) { hold(stream, kind, header, body) }
        case .wait:
            hold(stream, kind, header, body)
        case .skip(let rollBack):
            skip(stream, header, rollBack: rollBack, isDeferred: false)
        case .refuse(let code):
            stream.machine.refused()
            answer(
                header, isDeferred: false, Failure(code, Self.wording(of: code)),
                transaction: stream.machine.transaction)
        }
    }

    /// Why another request is refused at once: its tenant, or the server, has too many.
    private func refusal(of tenant: ShardTenant) -> Failure? {
        if shard.inFlight.isFull { return shard.refusal }
        return tenant.refusal(now: shard.loop.now)
    }

    private func hold(_ stream: SessionStream, _ kind: RequestKind, _ header: FrameHeader, _ body: Span<UInt8>) {
        machine.deferred(header.request)
        machine.kept(bytes: body.count)
        stream.machine.hold(
            pending(header, body, of: stream.tenant), kind: kind, depends: header.flags.contains(.depends))
    }

    func pending(_ header: FrameHeader, _ body: Span<UInt8>, of tenant: ShardTenant) -> PendingRequest {
        let now = shard.loop.now
        let deadline = MessageType(rawValue: header.type).flatMap { Self.deadline(of: $0, body) }
        return PendingRequest(
            header: header, body: [UInt8](copying: body), receivedAt: now,
            deadline: deadline.map { Self.time($0, after: now) } ?? .max,
            statements: statements, tally: RequestTally(of: tenant.tenant, bytes: body.count, in: shard.inFlight))
    }

    /// The milliseconds after which a request wants to be given up.
    static func deadline(of type: MessageType, _ body: Span<UInt8>) -> UInt64? {
        switch type {
        case .query, .queryOne, .run: (try? Execute(body, kind: Execute.kind(of: type)))?.deadline
        case .batch: (try? Batch(body))?.deadline
        case .script: (try? Script(body))?.deadline
        case .load: (try? Load(body))?.deadline
        case .publish: (try? Publish(body))?.deadline
        default: nil
        }
    }

    /// Starts a request that had to wait as it would have been when it came: with that time and the numbers prepared
    /// then.
    func asReceived(_ pending: PendingRequest, _ body: () -> Void) {
        let current = statements
        statements = pending.statements
        receivedAt = pending.receivedAt
        body()
        statements = current
        receivedAt = nil
    }

    /// Lets everything leave the stream's line that may.
    func pump(_ stream: SessionStream) {
        // A request that is refused while it is started comes back here; the loop below goes on with the next one.
        guard stream.machine.hasWaiting, !stream.isPumping else { return }
        stream.isPumping = true
        defer { stream.isPumping = false }
        shard.turns.beginStretch()
        defer { shard.turns.endStretch() }
        while !isClosing, !mustWaitForClient(), !mustYield(), let (held, admission) = stream.machine.next() {
            turn(of: stream.tenant)
            defer { shard.turns.charge(stream.tenant.turns) }
            let header = held.pending.header
            guard let type = MessageType(rawValue: header.type) else { continue }
            switch admission {
            case .wait:
                return
            case .start:
                machine.released(bytes: held.pending.body.count)
                asReceived(held.pending) { start(stream, type, header, held.pending.body.span, isDeferred: true) }
            case .startIfWrite:
                var isStarted = false
                asReceived(held.pending) {
                    isStarted = startIfWrite(stream, type, header, held.pending.body.span, isDeferred: true)
                }
                guard isStarted else { return stream.machine.holdFirst(held) }
                machine.released(bytes: held.pending.body.count)
            case .skip(let rollBack):
                machine.released(bytes: held.pending.body.count)
                skip(stream, header, rollBack: rollBack, isDeferred: true)
            case .refuse(let code):
                machine.released(bytes: held.pending.body.count)
                stream.machine.refused()
                answer(
                    header, isDeferred: true, Failure(code, Self.wording(of: code)),
                    transaction: stream.machine.transaction)
            }
        }
    }

    private func skip(_ stream: SessionStream, _ header: FrameHeader, rollBack: Bool, isDeferred: Bool) {
        if rollBack {
            stream.submit(.abandon)
            stream.transaction = nil
            stream.machine.transactionRolledBack()
        }
        stream.machine.refused()
        answer(
            header, isDeferred: isDeferred,
            Failure(.skipped, "the request before this one failed, and this one depends on it"),
            transaction: stream.machine.transaction)
    }

    func open(_ header: FrameHeader, _ body: Span<UInt8>) {
        let request: Open
        do throws(DecodeError) { request = try Open(body) } catch { return refuseOnArrival(header, Failure(error)) }
        guard streams[header.stream] == nil else {
            return refuseOnArrival(header, Failure(.streamInUse, "stream \(header.stream) is open already"))
        }
        guard streams.count < Limits.streamsMax else {
            return refuse(
                header,
                Failure(
                    .streamLimit, "a connection has at most \(Limits.streamsMax) streams",
                    limit: ("streamsMax", Limits.streamsMax)))
        }
        let name: TenantName
        do throws(TenantName.Fault) {
            name = try TenantName(Text(request.tenant).repaired)
        } catch {
            return refuse(header, Failure(.tenantNameInvalid, "\(error)"))
        }
        var permission: Permission?
        if shard.context.authority != nil {
            // Before anybody looks whether there is such a tenant: the answer must not tell.
            permission = principal?.permission(for: name)
            guard permission != nil else { return refuse(header, .forbidden(tenant: name)) }
        }
        let stream = SessionStream(
            id: header.stream, tenant: shard.tenant(name), isReadOnly: request.isReadOnly, permission: permission)
        turn(of: stream.tenant)
        if let failure = refusal(of: stream.tenant) { return refuse(header, failure) }
        streams[header.stream] = stream
        if let incarnation = stream.tenant.tenant.incarnation {
            // Whoever only wants to read must not wait for somebody's transaction.
            stream.machine.opened(succeeded: true)
            stream.tenant.tenant.touch(shard.loop.now)
            OK(Outcome(lsn: stream.tenant.tenant.publishedLSN.load(ordering: .acquiring)), incarnation: incarnation)
                .encode(into: &output, stream: header.stream, request: header.request)
            return makeDirty()
        }
        submitAlone(stream, .open, header, body)
    }

    /// Carries a request out: at once if it is a quick read, else on the thread it belongs to.
    private func start(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool
    ) {
        if type == .close {
            do throws(DecodeError) { try Close.decode(body) } catch {
                return finish(stream, header, isDeferred: isDeferred, Failure(error))
            }
            return close(stream, header, isDeferred: isDeferred)
        }
        if type == .open {
            return finish(
                stream, header, isDeferred: isDeferred, Failure(.streamInUse, "stream \(header.stream) is open already")
            )
        }
        if let violation = Self.violation(in: type, body) {
            guard isTranslated else { return fail(violation.errorCode, "\(type.name): \(violation)") }
            return finish(stream, header, isDeferred: isDeferred, Failure(.malformed, "\(type.name): \(violation)"))
        }
        if let failure = stream.permission?.refusal(of: type, body) {
            return finish(stream, header, isDeferred: isDeferred, failure)
        }
        if stream.machine.transaction != .none {
            return submitToTransaction(stream, type, header, body)
        }
        switch type {
        case .query, .queryOne, .run, .batch, .describe:
            guard let reader = stream.tenant.reader else {
                return startWhenReaderIsOpen(stream, type, header, body)
            }
            carryOut(stream, type, header, body, on: reader, isDeferred: isDeferred)
        case .publish:
            publish(stream, header, body, isDeferred: isDeferred)
        case .subscribe:
            subscribe(stream, header, body, isDeferred: isDeferred)
        case .begin:
            begin(stream, header, body, isDeferred: isDeferred)
        case .script, .migrate, .load:
            guard !stream.isReadOnly else { return finish(stream, header, isDeferred: isDeferred, .readOnly) }
            stream.machine.started(header.request, asWrite: false)
            submitAlone(stream, type, header, body)
        default:
            finish(stream, header, isDeferred: isDeferred, Failure(.unsupported, Self.wording(of: .unsupported)))
        }
    }

    /// What in a body ends the connection, where it is decoded for good only on another thread.
    private static func violation(in type: MessageType, _ body: Span<UInt8>) -> DecodeError? {
        do throws(DecodeError) {
            switch type {
            case .batch: _ = try Batch(body)
            case .describe: _ = try Describe(body)
            case .migrate: _ = try Migrate(body)
            case .publish: _ = try Publish(body)
            case .subscribe: _ = try Subscribe(body)
            default: break
            }
            return nil
        } catch {
            return error.isFatal ? error : nil
        }
    }

    /// An autocommit write may go behind others of its stream that still wait for their commit.
    private func startIfWrite(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool
    ) -> Bool {
        guard !stream.isReadOnly else { return false }
        if stream.permission?.refusal(of: type, body) != nil { return false }
        if type == .publish { return publishBehindWrites(stream, header, body, isDeferred: isDeferred) }
        guard let reader = stream.tenant.reader else { return false }
        reader.serve(stream.permission)
        guard let execute = try? Execute(body, kind: Execute.kind(of: type)) else { return false }
        if execute.statement.textCount(statements) > Self.compiledMax {
            stream.machine.started(header.request, asWrite: true)
            submitWrite(stream, type, header, body, deadline: execute.deadline)
            return true
        }
        guard
            let statement = try? StatementRunner.prepare(
                execute.statement, statements: statements, on: reader.connection),
            !statement.isSurelyRead
        else {
            // A read has to wait; so has what does not compile, since a write before it may make it right.
            return false
        }
        stream.machine.started(header.request, asWrite: true)
        submitWrite(stream, type, header, body, deadline: execute.deadline)
        return true
    }

    private func startWhenReaderIsOpen(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>
    ) {
        stream.machine.started(header.request, asWrite: false)
        let pending = pending(header, body, of: stream.tenant)
        machine.deferred(header.request)
        waitingForReader.insert(header.request)
        stream.tenant.whenReaderIsOpen(on: shard.mailbox) { [weak self] result in
            guard let self, !isClosing, streams[stream.id] === stream else { return }
            // It was started so that nothing overtakes it; from here on it is as if it came now.
            stream.machine.finished(header.request, succeeded: true, transaction: .none, now: shard.loop.now)
            let isCancelled = waitingForReader.remove(header.request) == nil
            switch result {
            case _ where isCancelled:
                finish(stream, header, isDeferred: true, Failure(.cancelled, "cancelled"))
            case .success(let reader):
                asReceived(pending) { carryOut(stream, type, header, pending.body.span, on: reader, isDeferred: true) }
            case .failure(let failure):
                finish(stream, header, isDeferred: true, failure)
            }
            pump(stream)
            closeIfDrained()
        }
    }

    private func carryOut(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, on reader: LoopReader,
        isDeferred: Bool, isRepeated: Bool = false
    ) {
        reader.serve(stream.permission)
        do throws(Failure) {
            switch type {
            case .describe:
                try Description.encode(
                    body, statements: statements, stream: header.stream, request: header.request, on: reader.connection,
                    into: &output,
                    bodyMax: replyMax)
                answeredAtOnce(stream, header, isDeferred: isDeferred)
            case .batch:
                try carryOutBatch(stream, header, body, on: reader)
            default:
                try carryOutStatement(stream, type, header, body, on: reader, isDeferred: isDeferred)
            }
        } catch {
            // What is gone or there by now may be what the reader knows: it learns of it by reading. So may be what a
            // view or a trigger touches.
            if (error.code == .sqlError || error.code == .forbidden) && !isRepeated && stream.machine.isQuiet {
                shard.willEndRead(stream.tenant)
                if reader.learnSchema() {
                    return carryOut(stream, type, header, body, on: reader, isDeferred: isDeferred, isRepeated: true)
                }
            }
            finish(stream, header, isDeferred: isDeferred, error)
        }
    }

    private func carryOutStatement(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, on reader: LoopReader,
        isDeferred: Bool
    ) throws(Failure) {
        let execute: Execute
        do throws(DecodeError) { execute = try Execute(body, kind: Execute.kind(of: type)) } catch {
            throw Failure(error)
        }
        let statement: Statement
        switch execute.statement {
        case .prepared(let id):
            guard let text = statements[id] else { throw .statementUnknown(id) }
            if text.utf8.count > Self.compiledMax {
                return submitUncompiled(stream, type, header, body, deadline: execute.deadline, credit: execute.credit)
            }
            statement = try StatementRunner.prepare(text, on: reader.connection)
        case .sql(let text):
            if text.count > Self.compiledMax {
                return submitUncompiled(stream, type, header, body, deadline: execute.deadline, credit: execute.credit)
            }
            statement = try StatementRunner.prepare(text, on: reader.connection)
        }
        guard statement.isSurelyRead else {
            guard !stream.isReadOnly else { throw .readOnly }
            guard stream.mayChange else { throw .lacking(.write) }
            stream.machine.started(header.request, asWrite: true)
            return submitWrite(stream, type, header, body, deadline: execute.deadline)
        }
        // The loop's bound on the length of values must not change what an answer says.
        if !statement.access.callsFormat && !reader.isSlow(statement) {
            shard.willEndRead(stream.tenant)
            if case .answered(let nanoseconds, let bytes) = try reader.answer(
                execute, statement, header: header, into: &output)
            {
                if reader.slowRun != nil { noteSlow(reader, of: stream, header) }
                // Who had to wait has waited since it came.
                took(receivedAt.map { max(nanoseconds, shard.loop.now &- $0) } ?? nanoseconds, stream)
                stream.tenant.tally.figures.bytesSent &+= UInt64(bytes)
                return answeredAtOnce(stream, header, isDeferred: isDeferred)
            }
        }
        statement.reset()
        stream.machine.started(header.request, asWrite: false)
        submitRead(stream, type, header, body, deadline: execute.deadline, credit: execute.credit)
    }

    /// A statement took long by the operator's measure, though not by the loop's.
    private func noteSlow(_ reader: LoopReader, of stream: SessionStream, _ header: FrameHeader) {
        guard let run = reader.takeSlowRun() else { return }
        let now = shard.loop.now
        shard.ranSlowly(
            SlowStatement(
                tenant: stream.tenant.tenant, sql: run.sql, nanoseconds: run.nanoseconds, rows: run.rows,
                waited: receivedAt.map { now > $0 ? now - $0 : 0 } ?? 0, connection: id, request: header.request))
    }

    /// Bytes of SQL that are compiled on the loop: more of it takes so long that a thread does it.
    private static let compiledMax = 64 << 10

    /// What is too long to look at here goes where it may do everything: the tenant's line; on a stream that only reads,
    /// to a thread that does so too.
    private func submitUncompiled(
        _ stream: SessionStream, _ type: MessageType, _ header: FrameHeader, _ body: Span<UInt8>, deadline: UInt64?,
        credit: UInt64?
    ) {
        stream.machine.started(header.request, asWrite: !stream.isReadOnly)
        if stream.isReadOnly {
            submitRead(stream, type, header, body, deadline: deadline, credit: credit)
        } else {
            submitWrite(stream, type, header, body, deadline: deadline)
        }
    }

    private func carryOutBatch(
        _ stream: SessionStream, _ header: FrameHeader, _ body: Span<UInt8>, on reader: LoopReader
    ) throws(Failure) {
        let batch: Batch
        do throws(DecodeError) { batch = try Batch(body) } catch { throw Failure(error) }
        if body.count > Self.compiledMax {
            return submitUncompiled(stream, .batch, header, body, deadline: batch.deadline, credit: nil)
        }
        stream.machine.started(header.request, asWrite: false)
        if BatchRunner.isRead(batch, statements: statements, on: reader.connection) {
            return submitRead(stream, .batch, header, body, deadline: batch.deadline, credit: nil)
        }
        // Whatever in it is no read is refused where reads are carried out, and keeps no writer waiting.
        if !stream.isReadOnly && !stream.mayChange {
            return submitRead(stream, .batch, header, body, deadline: batch.deadline, credit: nil)
        }
        guard !stream.isReadOnly else {
            stream.machine.finished(header.request, succeeded: false, transaction: .none, now: shard.loop.now)
            throw .readOnly
        }
        submitWrite(stream, .batch, header, body, deadline: batch.deadline)
    }
}
