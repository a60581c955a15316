import DoSQLAccess
import DoSQLProtocol

extension Job {
    /// Whether the tenant may be created for it.
    var mayCreateTenant: Bool { wantsTenantCreated && permission?.has(.create) ?? true }

    /// Whether it wants the tenant to be created, if there is none: an OPEN may forbid it.
    var wantsTenantCreated: Bool {
        guard type == .open else { return true }
        let body = body
        guard let open = try? Open(body.span) else { return false }
        return open.mayCreate
    }

    /// Answers that it was not carried out.
    func refuse(_ failure: Failure, transaction: TransactionState = .none, outbox: inout Outbox) {
        let kind: Reply.Kind =
            type == .open ? .opened(succeeded: false) : .terminal(succeeded: false, transaction: transaction)
        outbox.add(
            kind, failure.frame(stream: address.stream, request: address.request, transaction: transaction), to: address
        )
    }

    /// Answers that it is done: with OK, or, where COMMIT and its kin came as SQL, as every statement is answered.
    func acknowledge(_ outcome: Outcome, kind: Reply.Kind? = nil, outbox: inout Outbox) {
        outbox.add(
            kind ?? .terminal(succeeded: true, transaction: outcome.transaction), acknowledgement(outcome), to: address)
    }

    /// The frame of that answer.
    func acknowledgement(_ outcome: Outcome) -> [UInt8] {
        var writer = ByteWriter(capacity: 48)
        switch type {
        case .run, .publish: Done(outcome).encode(into: &writer, stream: address.stream, request: address.request)
        case .query, .queryOne:
            ResultMessage.encode(
                into: &writer, stream: address.stream, request: address.request, columns: [], rows: [], outcome: outcome
            )
        default: OK(outcome).encode(into: &writer, stream: address.stream, request: address.request)
        }
        return writer.take()
    }
}
