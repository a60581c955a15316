/// The bounds a peer can meet (`protocol/limits.md`): the defaults, by the names the wire gives them.
public enum Limits {
    /// Bytes of body, client to server. Beyond it: FRAME_TOO_LARGE, the body is skipped.
    @inlinable public static var frameMax: Int { 16_777_216 }
    /// Bytes of body before HELLO_OK. Beyond it: closes.
    @inlinable public static var frameHandshakeMax: Int { 16_384 }
    /// Milliseconds from accept to HELLO. Beyond it: HANDSHAKE_TIMEOUT, closes.
    @inlinable public static var handshakeTime: Int { 5_000 }
    /// Open streams a connection. Beyond it: STREAM_LIMIT.
    @inlinable public static var streamsMax: Int { 1_024 }
    /// Requests a connection. Beyond it: OVERLOADED.
    @inlinable public static var requestsInFlightMax: Int { 4_096 }
    /// Bytes of waiting bodies a connection. Beyond it: OVERLOADED.
    @inlinable public static var requestBytesMax: Int { 67_108_864 }
    /// Prepared numbers a connection. Beyond it: STATEMENT_LIMIT.
    @inlinable public static var statementsMax: Int { 1_024 }
    /// Bytes of their text a connection. Beyond it: STATEMENT_LIMIT.
    @inlinable public static var statementBytesMax: Int { 4_194_304 }
    /// Bytes of ROWS a request. Beyond it: the cursor waits.
    @inlinable public static var creditDefault: Int { 262_144 }
    /// Bytes a ROWS body aims at. Beyond it: a new frame begins.
    @inlinable public static var rowsFrameMax: Int { 65_536 }
    /// Bytes of LOAD_ROWS granted ahead. Beyond it: FLOW_CONTROL.
    @inlinable public static var loadWindow: Int { 1_048_576 }
    /// Milliseconds. Beyond it: CURSOR_STALLED.
    @inlinable public static var cursorStallMax: Int { 60_000 }
    /// Milliseconds. Beyond it: SNAPSHOT_TOO_OLD when a checkpoint is due.
    @inlinable public static var snapshotAgeMax: Int { 60_000 }
    /// Milliseconds a statement may run at a stretch, between two waits for its client: others wait for the thread.
    @inlinable public static var statementTimeMax: Int { 30_000 }
    /// Milliseconds for the tenant's turn. Beyond it: LOCK_TIMEOUT.
    @inlinable public static var transactionWaitMax: Int { 30_000 }
    /// Milliseconds between statements. Beyond it: TRANSACTION_EXPIRED.
    @inlinable public static var transactionIdleMax: Int { 10_000 }
    /// Milliseconds. Beyond it: TRANSACTION_EXPIRED.
    @inlinable public static var transactionTotalMax: Int { 60_000 }
    /// Writes waiting a tenant. Beyond it: OVERLOADED.
    @inlinable public static var writeQueueMax: Int { 16_384 }
    /// Steps. Beyond it: MALFORMED.
    @inlinable public static var batchStepsMax: Int { 1_000 }
    /// Bytes of first rows that a batch remembers. Beyond it: RESULT_TOO_LARGE for who refers to one.
    @inlinable public static var batchMemoryMax: Int { 16_777_216 }
    /// Levels. Beyond it: MALFORMED.
    @inlinable public static var expressionDepthMax: Int { 16 }
    /// A statement. Beyond it: PARAMETER_COUNT.
    @inlinable public static var parametersMax: Int { 32_766 }
    /// Bytes of one statement. Beyond it: FRAME_TOO_LARGE or VALUE_TOO_LARGE.
    @inlinable public static var sqlMax: Int { 16_777_216 }
    /// Bytes of one text or blob in SQLite. Beyond it: VALUE_TOO_LARGE.
    @inlinable public static var valueMax: Int { 67_108_864 }
    /// Bytes. Beyond it: MALFORMED.
    @inlinable public static var idempotencyKeyMax: Int { 128 }
    /// Bytes of a kept answer. Beyond it: IDEMPOTENCY_ANSWER_LOST on replay.
    @inlinable public static var idempotencyAnswerMax: Int { 65_536 }
    /// Milliseconds. Beyond it: the key is forgotten.
    @inlinable public static var idempotencyLifetime: Int { 86_400_000 }
    /// Bytes of a channel's name or an event's type. Beyond it: FEED_NAME_INVALID.
    @inlinable public static var channelNameMax: Int { 256 }
    /// Event types a subscription. Beyond it: MALFORMED.
    @inlinable public static var eventTypesMax: Int { 64 }
    /// Subscriptions a connection. Beyond it: SUBSCRIPTION_LIMIT.
    @inlinable public static var subscriptionsMax: Int { 256 }
    /// A server. Beyond it: TOO_MANY_CONNECTIONS, closes.
    @inlinable public static var connectionsMax: Int { 10_000 }
    /// Connections of one address. Beyond it: TOO_MANY_CONNECTIONS, closes.
    @inlinable public static var addressConnectionsMax: Int { 1_024 }
    /// Connections a server without HELLO or a request's head. Beyond it: the one that has waited longest is closed.
    @inlinable public static var handshakesMax: Int { 1_024 }
    /// Bytes of a tenant's database file. Beyond it: STORAGE_FULL.
    @inlinable public static var databaseBytesMax: Int { 10_737_418_240 }
    /// Bytes a statement takes at a stretch. Beyond it: MEMORY_EXCEEDED.
    @inlinable public static var statementMemoryMax: Int { 134_217_728 }
    /// Bytes of one result's rows. Beyond it: RESULT_TOO_LARGE.
    @inlinable public static var resultBytesMax: Int { 1_073_741_824 }
    /// Requests of a tenant that wait or run on a thread. Beyond it: OVERLOADED.
    @inlinable public static var tenantRequestsMax: Int { 8_192 }
    /// Bytes of their bodies. Beyond it: OVERLOADED.
    @inlinable public static var tenantRequestBytesMax: Int { 134_217_728 }
    /// Requests a second of a tenant; 0: none. Beyond it: OVERLOADED.
    @inlinable public static var tenantRateMax: Int { 0 }
    /// Requests of a tenant at once; 0: as many as in a second. Beyond it: OVERLOADED.
    @inlinable public static var tenantBurstMax: Int { 0 }
    /// Read transactions and streamed results of a tenant. Beyond it: OVERLOADED.
    @inlinable public static var tenantTransactionsMax: Int { 256 }
    /// Bytes of pages a connection to a file keeps. Beyond it: they are read again.
    @inlinable public static var pageCacheMax: Int { 2_097_152 }
    /// Compiled statements a connection to a file keeps. Beyond it: they are compiled again.
    @inlinable public static var statementCacheMax: Int { 256 }
    /// Bytes of answers a connection that are not taken. Beyond it: reads wait, a write is OVERLOADED.
    @inlinable public static var answerBacklogMax: Int { 4_194_304 }
    /// Bytes a server of waiting bodies and answers not taken. Beyond it: OVERLOADED.
    @inlinable public static var bytesInFlightMax: Int { 1_073_741_824 }
    /// Bytes a server of SQLite's memory; 0: none. Beyond it: OVERLOADED.
    @inlinable public static var heapBytesMax: Int { 2_147_483_648 }
    /// Tenants a server. Beyond it: TENANT_LIMIT.
    @inlinable public static var tenantsMax: Int { 100_000 }
    /// Bytes of the data folder; 0: none. Beyond it: STORAGE_FULL.
    @inlinable public static var diskBytesMax: Int { 0 }
    /// Bytes left on the disk. Below it: STORAGE_FULL.
    @inlinable public static var diskFreeMin: Int { 268_435_456 }

    /// Bytes of body beyond which a frame cannot be meant and closes (`protocol/framing.md`, frame).
    @inlinable public static var frameLengthMax: Int { 0x4000_0000 }
    /// The least `frameMax` that a client may announce (`protocol/handshake.md`, HELLO).
    @inlinable public static var frameMaxLeast: Int { 65_536 }
    /// Bytes of the client's name in HELLO (`protocol/handshake.md`).
    @inlinable public static var clientNameMax: Int { 256 }
    /// Bytes of the token in HELLO (`protocol/handshake.md`).
    @inlinable public static var tokenMax: Int { 8_192 }
    /// Bytes of a PING (`protocol/handshake.md`).
    @inlinable public static var pingMax: Int { 64 }
    /// Bytes of a tenant's name (`protocol/messages.md`, streams).
    @inlinable public static var tenantNameMax: Int { 128 }
    /// Bytes of a savepoint's name (`protocol/transactions.md`).
    @inlinable public static var savepointNameMax: Int { 64 }
    /// Bytes of an assertion's message (`protocol/batches.md`, step).
    @inlinable public static var assertionMessageMax: Int { 1_024 }
    /// Names in one TENANT_LIST (`protocol/messages.md`, tenants).
    @inlinable public static var tenantListMax: Int { 1_000 }

    /// Every row of the table in its order.
    public static var all: [Limit] {
        [
            Limit(name: "frameMax", value: UInt64(frameMax), isTold: false),
            Limit(name: "frameHandshakeMax", value: UInt64(frameHandshakeMax), isTold: false),
            Limit(name: "handshakeTime", value: UInt64(handshakeTime), isTold: false),
            Limit(name: "streamsMax", value: UInt64(streamsMax), isTold: true),
            Limit(name: "requestsInFlightMax", value: UInt64(requestsInFlightMax), isTold: true),
            Limit(name: "requestBytesMax", value: UInt64(requestBytesMax), isTold: true),
            Limit(name: "statementsMax", value: UInt64(statementsMax), isTold: true),
            Limit(name: "statementBytesMax", value: UInt64(statementBytesMax), isTold: true),
            Limit(name: "creditDefault", value: UInt64(creditDefault), isTold: true),
            Limit(name: "rowsFrameMax", value: UInt64(rowsFrameMax), isTold: true),
            Limit(name: "loadWindow", value: UInt64(loadWindow), isTold: true),
            Limit(name: "cursorStallMax", value: UInt64(cursorStallMax), isTold: true),
            Limit(name: "statementTimeMax", value: UInt64(statementTimeMax), isTold: true),
            Limit(name: "snapshotAgeMax", value: UInt64(snapshotAgeMax), isTold: true),
            Limit(name: "transactionWaitMax", value: UInt64(transactionWaitMax), isTold: true),
            Limit(name: "transactionIdleMax", value: UInt64(transactionIdleMax), isTold: true),
            Limit(name: "transactionTotalMax", value: UInt64(transactionTotalMax), isTold: true),
            Limit(name: "writeQueueMax", value: UInt64(writeQueueMax), isTold: true),
            Limit(name: "batchStepsMax", value: UInt64(batchStepsMax), isTold: true),
            Limit(name: "batchMemoryMax", value: UInt64(batchMemoryMax), isTold: false),
            Limit(name: "expressionDepthMax", value: UInt64(expressionDepthMax), isTold: true),
            Limit(name: "parametersMax", value: UInt64(parametersMax), isTold: true),
            Limit(name: "sqlMax", value: UInt64(sqlMax), isTold: false),
            Limit(name: "valueMax", value: UInt64(valueMax), isTold: true),
            Limit(name: "idempotencyKeyMax", value: UInt64(idempotencyKeyMax), isTold: true),
            Limit(name: "idempotencyAnswerMax", value: UInt64(idempotencyAnswerMax), isTold: true),
            Limit(name: "idempotencyLifetime", value: UInt64(idempotencyLifetime), isTold: true),
            Limit(name: "channelNameMax", value: UInt64(channelNameMax), isTold: true),
            Limit(name: "eventTypesMax", value: UInt64(eventTypesMax), isTold: true),
            Limit(name: "subscriptionsMax", value: UInt64(subscriptionsMax), isTold: true),
            Limit(name: "connectionsMax", value: UInt64(connectionsMax), isTold: false),
            Limit(name: "addressConnectionsMax", value: UInt64(addressConnectionsMax), isTold: false),
            Limit(name: "handshakesMax", value: UInt64(handshakesMax), isTold: false),
            Limit(name: "databaseBytesMax", value: UInt64(databaseBytesMax), isTold: true),
            Limit(name: "statementMemoryMax", value: UInt64(statementMemoryMax), isTold: true),
            Limit(name: "resultBytesMax", value: UInt64(resultBytesMax), isTold: true),
            Limit(name: "tenantRequestsMax", value: UInt64(tenantRequestsMax), isTold: true),
            Limit(name: "tenantRequestBytesMax", value: UInt64(tenantRequestBytesMax), isTold: true),
            Limit(name: "tenantRateMax", value: UInt64(tenantRateMax), isTold: true),
            Limit(name: "tenantBurstMax", value: UInt64(tenantBurstMax), isTold: true),
            Limit(name: "tenantTransactionsMax", value: UInt64(tenantTransactionsMax), isTold: true),
            Limit(name: "pageCacheMax", value: UInt64(pageCacheMax), isTold: false),
            Limit(name: "statementCacheMax", value: UInt64(statementCacheMax), isTold: false),
            Limit(name: "answerBacklogMax", value: UInt64(answerBacklogMax), isTold: false),
            Limit(name: "bytesInFlightMax", value: UInt64(bytesInFlightMax), isTold: false),
            Limit(name: "heapBytesMax", value: UInt64(heapBytesMax), isTold: false),
            Limit(name: "tenantsMax", value: UInt64(tenantsMax), isTold: false),
            Limit(name: "diskBytesMax", value: UInt64(diskBytesMax), isTold: false),
            Limit(name: "diskFreeMin", value: UInt64(diskFreeMin), isTold: false),
        ]
    }

    /// The rows that HELLO_OK tells, with their defaults (`protocol/handshake.md`, HELLO_OK).
    public static var told: [Limit] { all.filter(\.isTold) }
}

/// One bound with its name on the wire (`protocol/limits.md`).
public struct Limit: Hashable, Sendable {
    /// The name that HELLO_OK and errors give.
    public var name: String
    /// The bound.
    public var value: UInt64
    /// Whether HELLO_OK tells it.
    public var isTold: Bool

    /// A bound of these fields.
    public init(name: String, value: UInt64, isTold: Bool = true) {
        self.name = name
        self.value = value
        self.isTold = isTold
    }
}
