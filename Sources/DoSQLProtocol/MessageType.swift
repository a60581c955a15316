/// The side of a connection that sends a message (`protocol/framing.md`, frame).
public enum Peer: Hashable, Sendable {
    /// The side that opened the connection.
    case client
    /// The side that accepted it.
    case server

    /// The message numbers of this side, known or not.
    @inlinable
    public var typeRange: ClosedRange<UInt8> {
        switch self {
        case .client: 0x01...0x3F
        case .server: 0x40...0x7F
        }
    }
}

/// The messages by their numbers (`protocol/messages.md`).
public enum MessageType: UInt8, CaseIterable, Hashable, Sendable {
    /// HELLO (`protocol/handshake.md`).
    case hello = 0x01
    /// PING (`protocol/handshake.md`).
    case ping = 0x03
    /// CANCEL (`protocol/flow-control.md`).
    case cancel = 0x04
    /// CREDIT (`protocol/flow-control.md`).
    case credit = 0x05
    /// PREPARE (`protocol/messages.md`, statements).
    case prepare = 0x06
    /// UNPREPARE (`protocol/messages.md`, statements).
    case unprepare = 0x07
    /// TENANTS (`protocol/messages.md`, tenants).
    case tenants = 0x08
    /// OPEN (`protocol/messages.md`, streams).
    case open = 0x10
    /// CLOSE (`protocol/messages.md`, streams).
    case close = 0x11
    /// QUERY (`protocol/messages.md`, statements).
    case query = 0x14
    /// QUERY_ONE (`protocol/messages.md`, statements).
    case queryOne = 0x15
    /// RUN (`protocol/messages.md`, statements).
    case run = 0x16
    /// BATCH (`protocol/batches.md`).
    case batch = 0x17
    /// SCRIPT (`protocol/messages.md`, statements).
    case script = 0x18
    /// DESCRIBE (`protocol/messages.md`, statements).
    case describe = 0x19
    /// LOAD (`protocol/flow-control.md`, bulk loads).
    case load = 0x1A
    /// LOAD_ROWS (`protocol/flow-control.md`, bulk loads).
    case loadRows = 0x1B
    /// SUBSCRIBE (`protocol/feeds.md`).
    case subscribe = 0x1C
    /// PUBLISH (`protocol/feeds.md`).
    case publish = 0x1D
    /// BEGIN (`protocol/transactions.md`).
    case begin = 0x20
    /// COMMIT (`protocol/transactions.md`).
    case commit = 0x21
    /// ROLLBACK (`protocol/transactions.md`).
    case rollback = 0x22
    /// SAVEPOINT (`protocol/transactions.md`).
    case savepoint = 0x23
    /// RELEASE (`protocol/transactions.md`).
    case release = 0x24
    /// ROLLBACK_TO (`protocol/transactions.md`).
    case rollbackTo = 0x25
    /// MIGRATE (`protocol/messages.md`, migrations).
    case migrate = 0x30

    /// HELLO_OK (`protocol/handshake.md`).
    case helloOK = 0x40
    /// PONG (`protocol/handshake.md`).
    case pong = 0x41
    /// GOAWAY (`protocol/handshake.md`).
    case goAway = 0x42
    /// GRANT (`protocol/flow-control.md`, bulk loads).
    case grant = 0x43
    /// OK (`protocol/messages.md`, statements).
    case ok = 0x50
    /// RESULT (`protocol/messages.md`, statements).
    case result = 0x51
    /// HEAD (`protocol/messages.md`, statements).
    case head = 0x52
    /// ROWS (`protocol/messages.md`, statements).
    case rows = 0x53
    /// DONE (`protocol/messages.md`, statements).
    case done = 0x54
    /// BATCH_RESULT (`protocol/batches.md`).
    case batchResult = 0x55
    /// DESCRIPTION (`protocol/messages.md`, statements).
    case description = 0x56
    /// MIGRATIONS (`protocol/messages.md`, migrations).
    case migrations = 0x57
    /// TENANT_LIST (`protocol/messages.md`, tenants).
    case tenantList = 0x58
    /// ERROR (`protocol/errors.md`).
    case error = 0x5F
}

/// On which streams a message may stand (`protocol/messages.md`, the table).
public enum StreamRule: Hashable, Sendable {
    /// Only on stream 0.
    case connection
    /// Only on a stream that the client has numbered.
    case stream
    /// On either, as the request it answers.
    case either
}

/// Which request ids a message may carry (`protocol/framing.md`, request ids).
public enum RequestRule: Hashable, Sendable {
    /// An id.
    case nonzero
    /// None.
    case zero
    /// An id, or 0 where the message is about the connection.
    case either
}

extension MessageType {
    /// The side that sends it.
    @inlinable
    public var sender: Peer { rawValue < 0x40 ? .client : .server }

    /// Whether it begins a request, which has a terminal answer and whose id is then in flight.
    @inlinable
    public var isRequest: Bool {
        sender == .client && self != .cancel && self != .credit && self != .loadRows
    }

    /// The flags it may carry (`protocol/framing.md`, frame).
    @inlinable
    public var allowedFlags: FrameFlags {
        if self == .loadRows { return .end }
        return isRequest && streamRule == .stream ? .depends : []
    }

    /// The streams it may stand on.
    @inlinable
    public var streamRule: StreamRule {
        switch self {
        case .hello, .ping, .cancel, .credit, .prepare, .unprepare, .tenants, .helloOK, .pong, .goAway, .tenantList:
            .connection
        case .ok, .error:
            .either
        case .open, .close, .query, .queryOne, .run, .batch, .script, .describe, .load, .loadRows, .subscribe,
            .publish, .begin, .commit, .rollback, .savepoint, .release, .rollbackTo, .migrate, .grant, .result, .head,
            .rows, .done, .batchResult, .description, .migrations:
            .stream
        }
    }

    /// The request ids it may carry.
    @inlinable
    public var requestRule: RequestRule {
        switch self {
        case .goAway: .zero
        case .error: .either
        default: .nonzero
        }
    }

    /// Its name on the pages.
    public var name: String {
        switch self {
        case .hello: "HELLO"
        case .ping: "PING"
        case .cancel: "CANCEL"
        case .credit: "CREDIT"
        case .prepare: "PREPARE"
        case .unprepare: "UNPREPARE"
        case .tenants: "TENANTS"
        case .open: "OPEN"
        case .close: "CLOSE"
        case .query: "QUERY"
        case .queryOne: "QUERY_ONE"
        case .run: "RUN"
        case .batch: "BATCH"
        case .script: "SCRIPT"
        case .describe: "DESCRIBE"
        case .load: "LOAD"
        case .loadRows: "LOAD_ROWS"
        case .subscribe: "SUBSCRIBE"
        case .publish: "PUBLISH"
        case .begin: "BEGIN"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .savepoint: "SAVEPOINT"
        case .release: "RELEASE"
        case .rollbackTo: "ROLLBACK_TO"
        case .migrate: "MIGRATE"
        case .helloOK: "HELLO_OK"
        case .pong: "PONG"
        case .goAway: "GOAWAY"
        case .grant: "GRANT"
        case .ok: "OK"
        case .result: "RESULT"
        case .head: "HEAD"
        case .rows: "ROWS"
        case .done: "DONE"
        case .batchResult: "BATCH_RESULT"
        case .description: "DESCRIPTION"
        case .migrations: "MIGRATIONS"
        case .tenantList: "TENANT_LIST"
        case .error: "ERROR"
        }
    }
}
