public import DoSQLProtocol

/// A frame from the server, decoded and owned.
public struct Reply: Sendable {
    /// The stream it stands on.
    public let stream: UInt16
    /// The request it belongs to.
    public let request: UInt32
    /// The size of its body.
    public let bodySize: Int
    /// What it says.
    public let message: Message
    /// Of a subscription's HEAD: the id after which rows come.
    public let position: Int64?
    /// Of a subscription's HEAD: the least id that is there.
    public let oldest: Int64?

    /// What a server can say (`protocol/messages.md`).
    public enum Message: Sendable {
        /// HELLO_OK.
        case helloOK(HelloOK)
        /// PONG and its payload.
        case pong([UInt8])
        /// GOAWAY.
        case goAway(GoAway)
        /// GRANT and its bytes.
        case grant(UInt64)
        /// OK.
        case ok(OK)
        /// RESULT.
        case result(columns: [String], rows: [[Value]], outcome: Outcome)
        /// HEAD and its columns.
        case head([String])
        /// ROWS.
        case rows([[Value]])
        /// DONE.
        case done(Done)
        /// BATCH_RESULT.
        case batchResult(steps: [StepResult], outcome: Outcome)
        /// DESCRIPTION.
        case description(Description)
        /// MIGRATIONS.
        case migrations(Migrations)
        /// TENANT_LIST.
        case tenantList(TenantList)
        /// ERROR.
        case error(ErrorMessage)
    }

    /// Decodes a frame; `columns` is what HEAD said of its request.
    init(_ header: FrameHeader, _ body: Span<UInt8>, columns: Int?) throws(DecodeError) {
        stream = header.stream
        request = header.request
        bodySize = body.count
        var position: Int64?
        var oldest: Int64?
        switch try header.validate(sentBy: .server) {
        case .helloOK: message = .helloOK(try HelloOK(body))
        case .pong: message = .pong([UInt8](copying: try Pong(body).payload))
        case .goAway: message = .goAway(try GoAway(body))
        case .grant: message = .grant(try Grant(body).bytes)
        case .ok: message = .ok(try OK(body))
        case .result:
            let result = try ResultMessage(body)
            message = .result(
                columns: try result.columns.copy(), rows: try result.rows.copy(), outcome: result.outcome)
        case .head:
            let head = try HeadMessage(body)
            message = .head(try head.columns.copy())
            position = head.position
            oldest = head.oldest
        case .rows:
            guard let columns else { throw .outOfRange }
            message = .rows(try RowsMessage(body, columns: columns).rows.copy())
        case .done: message = .done(try Done(body))
        case .batchResult:
            let result = try BatchResult(body)
            var steps: [StepResult] = []
            var reader = result.makeReader()
            while let step = try reader.next() { steps.append(try StepResult(step)) }
            message = .batchResult(steps: steps, outcome: result.outcome)
        case .description: message = .description(try Description(body))
        case .migrations: message = .migrations(try Migrations(body))
        case .tenantList: message = .tenantList(try TenantList(body))
        case .error: message = .error(try ErrorMessage(body))
        case let type: throw .reservedType(type.rawValue)
        }
        self.position = position
        self.oldest = oldest
    }

    /// Whether its request has been answered with it.
    public var isTerminal: Bool {
        switch message {
        case .helloOK, .pong, .ok, .result, .done, .batchResult, .description, .migrations, .tenantList, .error: true
        case .goAway, .grant, .head, .rows: false
        }
    }

    /// Its outcome, if it has one.
    public var outcome: Outcome? {
        switch message {
        case .ok(let ok): ok.outcome
        case .result(_, _, let outcome), .batchResult(_, let outcome): outcome
        case .done(let done): done.outcome
        case .migrations(let migrations): migrations.outcome
        case .helloOK, .pong, .goAway, .grant, .head, .rows, .description, .tenantList, .error: nil
        }
    }

    /// Its error, if it is one.
    public var error: ErrorMessage? {
        if case .error(let error) = message { error } else { nil }
    }
}
