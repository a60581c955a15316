import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging

/// The connection's own requests (stream 0), and the parts of requests that are in flight.
extension Session {
    func hello(_ header: FrameHeader, _ body: Span<UInt8>) {
        let hello: Hello
        do throws(DecodeError) {
            hello = try Hello(body)
        } catch {
            return fail(error.errorCode, "HELLO: \(error)")
        }
        guard let version = ProtocolVersion.common(min: hello.versionMin, max: hello.versionMax) else {
            return fail(
                .versionUnsupported,
                "the client speaks versions \(hello.versionMin) to \(hello.versionMax), this server \(ProtocolVersion.min) to \(ProtocolVersion.max)"
            )
        }
        replyMax = Int(clamping: min(hello.frameMax, UInt64(Limits.frameMax)))
        let greeting = Greeting(version: version, request: header.request)
        guard let authority = shard.context.authority else { return welcome(nil, greeting) }
        if let shown = tokenShown {
            if let token = hello.token, [UInt8](copying: token) != shown.token {
                return turnAway(.malformed, "HELLO shows another token than the request in front of it")
            }
            return welcome(shown.principal, greeting)
        }
        guard let token = hello.token else { return turnAway(.missing) }
        switch authority.verdict(for: token, now: ServerContext.now) {
        case .granted(let access): welcome(Principal(access), greeting)
        case .refused(let error): turnAway(error)
        case .unverified:
            self.greeting = greeting
            transport?.pauseReading()
            shard.verify([UInt8](copying: token), for: .session(id))
        }
    }

    /// The signature of HELLO's token has been checked.
    func received(_ verdict: TokenAuthority.Verdict) {
        guard let greeting, !isClosing else { return }
        self.greeting = nil
        switch verdict {
        case .granted(let access): welcome(Principal(access), greeting)
        case .refused(let error): return turnAway(error)
        case .unverified: return turnAway(.badSignature)
        }
        // What stands behind it is handled as if it came now.
        let nothing: [UInt8] = []
        receive(nothing.span)
        if !isClosing, !mustWaitForClient() { transport?.resumeReading() }
    }

    private func welcome(_ principal: Principal?, _ greeting: Greeting) {
        letIn(principal)
        if let principal {
            shard.context.log.debug(
                "a client was let in",
                metadata: [
                    "peer": "\(transport?.peerAddress ?? "")", "token": "\(principal.access.tokenID)",
                    "subject": "\(principal.access.subject)",
                ])
        }
        HelloOK(
            version: greeting.version, serverID: shard.context.serverID, server: ServerContext.name,
            limits: shard.context.limits, connection: shard.connectionName(id)
        )
        .encode(into: &output, request: greeting.request)
        makeDirty()
    }

    private func turnAway(_ error: AccessError, _ sentence: String? = nil) {
        shard.metrics.authenticationFailed(error)
        fail(.unauthenticated, sentence ?? error.message)
    }

    func control(_ header: FrameHeader, _ body: Span<UInt8>) {
        do throws(DecodeError) {
            switch MessageType(rawValue: header.type) {
            case .ping:
                Pong.encode(into: &output, request: header.request, payload: try Ping(body).payload)
                makeDirty()
            case .prepare:
                let prepare = try Prepare(body)
                if statements.bytes + prepare.sql.count > Self.textBytesFree, let failure = shard.refusal {
                    return refuse(header, failure)
                }
                guard statements.bind(prepare.id, to: shard.texts.text(of: prepare.sql)) else {
                    return refuse(
                        header,
                        Failure(
                            .statementLimit,
                            "a connection keeps at most \(Limits.statementsMax) statements and \(Limits.statementBytesMax) bytes of text",
                            limit: ("statementsMax", Limits.statementsMax)))
                }
                countTexts()
                acknowledge(header)
            case .unprepare:
                statements.free(try Unprepare(body).id)
                countTexts()
                acknowledge(header)
            case .tenants:
                listTenants(header, try Tenants(body))
            default:
                refuse(header, Failure(.unsupported, Self.wording(of: .unsupported)))
            }
        } catch {
            refuse(header, Failure(error))
        }
    }

    private func acknowledge(_ header: FrameHeader) {
        OK(Outcome()).encode(into: &output, stream: header.stream, request: header.request)
        makeDirty()
    }

    private func listTenants(_ header: FrameHeader, _ request: borrowing Tenants) {
        let after = Text(request.after).repaired
        // The list must fit into the client's frame, a name and its length into 130 bytes.
        let limit = min(request.limit, (replyMax - 16) / (TenantName.lengthMax + 2))
        var access: Access?
        if shard.context.authority != nil {
            guard let principal, principal.access.holdsSomewhere(.admin) else {
                return refuse(header, .lacking(.admin))
            }
            access = principal.access
        }
        let administered = access
        let address = address(of: header)
        let tenants = shard.context.tenants.context
        machine.deferred(header.request)
        tenants.openers.post(for: tenants) { _ in
            var writer = ByteWriter()
            do throws(Failure) {
                let page = try tenants.page(after: after, prefix: "", limit: limit) { name in
                    // Who administers some tenants does not hear of the others.
                    administered?.access(to: name.description)?.rights.contains(.admin) ?? (administered == nil)
                }
                TenantList(names: page.names.map(\.description), hasMore: page.hasMore)
                    .encode(into: &writer, request: address.request)
            } catch {
                error.message(transaction: .none).encode(into: &writer, request: address.request)
            }
            var outbox = Outbox()
            outbox.add(.terminal(succeeded: true, transaction: .none), writer.take(), to: address)
            outbox.send()
        }
    }

    /// CANCEL, CREDIT and LOAD_ROWS: they may have crossed the answer of their request, and are ignored then.
    func part(_ header: FrameHeader, _ body: Span<UInt8>) {
        if let subscription = subscriptions[header.request] { return part(header, body, of: subscription) }
        guard let entry = inFlight[header.request] else {
            // Credit of a request that has not left its stream's line counts when it has.
            if header.type == MessageType.credit.rawValue, machine.isInFlight(header.request),
                let credit = try? Credit(body)
            {
                let more = min(credit.bytes, UInt64(Self.earlyCreditMax))
                earlyCredit[header.request] = min(
                    earlyCredit[header.request, default: 0] + Int(more), Self.earlyCreditMax)
            }
            return cancelHeld(header)
        }
        switch MessageType(rawValue: header.type) {
        case .cancel:
            if !entry.job.isCancelled { cancel(entry, .cancelled) }
        case .credit:
            // Credit of nothing is no progress: a cursor could be kept for ever with it.
            guard let credit = try? Credit(body), credit.bytes > 0 else { return }
            inFlight[header.request]?.lastProgress = shard.loop.now
            if entry.job.flow.give(credit: Int(clamping: credit.bytes)) { resume(entry) }
        default:
            guard entry.job.address.stream == header.stream, entry.job.type == .load, !entry.job.isCancelled else {
                return
            }
            guard body.count <= entry.rowsCredit else { return cancel(entry, .rowsBeyondCredit) }
            inFlight[header.request]?.rowsCredit -= body.count
            inFlight[header.request]?.lastProgress = shard.loop.now
            let item = Tenant.SessionItem.rows(
                request: header.request, body: [UInt8](copying: body), isLast: header.flags.contains(.end))
            submit(item, for: entry)
        }
    }

    /// Rows of a load that are longer than any frame may be.
    func overrun(_ header: FrameHeader) {
        guard header.type == MessageType.loadRows.rawValue, let entry = inFlight[header.request] else { return }
        guard entry.job.address.stream == header.stream, entry.job.type == .load, !entry.job.isCancelled else { return }
        cancel(entry, .rowsBeyondCredit)
    }

    /// CANCEL of a request that has not left its stream's line.
    private func cancelHeld(_ header: FrameHeader) {
        guard header.type == MessageType.cancel.rawValue else { return }
        // It is answered when the reader is open, which is soon.
        if waitingForReader.remove(header.request) != nil { return }
        for stream in streams.values {
            guard let held = stream.machine.removeHeld(where: { $0.header.request == header.request }) else { continue }
            machine.released(bytes: held.body.count)
            answer(
                held.header, isDeferred: true, Failure(.cancelled, "cancelled"), transaction: stream.machine.transaction
            )
            pump(stream)
            closeIfDrained()
            return
        }
    }

    func cancel(_ entry: InFlight, _ reason: Job.Reason) {
        let job = entry.job
        // What has been sent to be made durable is not called back.
        let isMeantToEnd = job.type == .commit || job.type == .rollback
        if isMeantToEnd && (reason == .cancelled || reason == .tenantEnded) { return }
        job.cancel(reason)
        if job.giveUp() { return answerForLine(job, job.interruption) }
        // A parked result and a load sit between two items and would not look at the flag.
        if case .line = entry.carrier { return }
        submit(.resume, for: entry)
        if job.type == .load { submit(.rows(request: job.address.request, body: [], isLast: false), for: entry) }
    }

    /// A tenant has ended: so does what runs for it, and its transactions are rolled back. Its streams stay, and whatever
    /// is asked of them is told so.
    func tenantEnded(_ tenant: Tenant) {
        guard !isClosing else { return }
        for stream in Array(streams.values) where stream.tenant.tenant === tenant {
            for entry in Array(inFlight.values) where entry.job.address.stream == stream.id {
                cancel(entry, .tenantEnded)
            }
            if case .expireTransaction = stream.machine.expire() { stream.submit(.expire) }
        }
    }

    /// Whether the tenant of a stream has ended, so that another OPEN is needed.
    func hasEndedTenant(onStream stream: UInt16) -> Bool {
        streams[stream].map { $0.tenant.end != nil || $0.tenant.tenant.isEnded } ?? false
    }

    func resume(_ entry: InFlight) { submit(.resume, for: entry) }

    func submit(_ item: Tenant.SessionItem, for entry: InFlight) {
        switch entry.carrier {
        case .line: break
        case .session(let session): session.submit(item)
        case .transaction: streams[entry.job.address.stream]?.submit(item)
        case .load: streams[entry.job.address.stream]?.tenant.tenant.submit(item, for: entry.job)
        }
    }
}
