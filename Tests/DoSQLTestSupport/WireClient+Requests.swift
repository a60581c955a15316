public import DoSQLProtocol

// Every request as a `send…` that gives the request's id.

extension WireClient {
    /// Sends HELLO.
    @discardableResult
    public func sendHello(
        versions: ClosedRange<UInt16> = ProtocolVersion.min...ProtocolVersion.max, frameMax: Int = Limits.frameMax,
        token: [UInt8]? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Hello.encode(
                into: &writer, request: request, versionMin: versions.lowerBound, versionMax: versions.upperBound,
                frameMax: UInt64(frameMax), client: "dosql-tests", token: token)
        }
    }

    /// Sends PING.
    @discardableResult
    public func sendPing(_ payload: [UInt8] = []) throws -> UInt32 {
        try send { writer, request in Ping.encode(into: &writer, request: request, payload: payload.span) }
    }

    /// Sends OPEN.
    @discardableResult
    public func sendOpen(
        _ tenant: String, stream: UInt16 = 1, isReadOnly: Bool = false, mayCreate: Bool = true, flags: FrameFlags = []
    ) throws -> UInt32 {
        try send { writer, request in
            Open.encode(
                into: &writer, stream: stream, request: request, flags: flags, tenant: tenant, isReadOnly: isReadOnly,
                mayCreate: mayCreate)
        }
    }

    /// Sends CLOSE.
    @discardableResult
    public func sendClose(stream: UInt16 = 1) throws -> UInt32 {
        try send { writer, request in Close.encode(into: &writer, stream: stream, request: request) }
    }

    /// Sends PREPARE.
    @discardableResult
    public func sendPrepare(_ id: UInt32, _ sql: String) throws -> UInt32 {
        try send { writer, request in Prepare.encode(into: &writer, request: request, id: id, sql: sql) }
    }

    /// Sends UNPREPARE.
    @discardableResult
    public func sendUnprepare(_ id: UInt32) throws -> UInt32 {
        try send { writer, request in Unprepare.encode(into: &writer, request: request, id: id) }
    }

    /// Sends QUERY, QUERY_ONE or RUN.
    @discardableResult
    public func sendExecute(
        _ kind: Execute.Kind, _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1,
        flags: FrameFlags = [], deadline: UInt64? = nil, credit: UInt64? = nil, rowsMax: UInt64? = nil,
        key: String? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Execute.encode(
                into: &writer, kind: kind, stream: stream, request: request, flags: flags, statement: statement,
                parameters: parameters, deadline: deadline, credit: credit, rowsMax: rowsMax,
                idempotencyKey: key.map { Array($0.utf8) })
        }
    }

    /// Sends QUERY.
    @discardableResult
    public func sendQuery(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, flags: FrameFlags = [],
        deadline: UInt64? = nil, credit: UInt64? = nil, rowsMax: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try sendExecute(
            .query, statement, parameters, stream: stream, flags: flags, deadline: deadline, credit: credit,
            rowsMax: rowsMax, key: key)
    }

    /// Sends QUERY_ONE.
    @discardableResult
    public func sendQueryOne(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, flags: FrameFlags = [],
        deadline: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try sendExecute(.queryOne, statement, parameters, stream: stream, flags: flags, deadline: deadline, key: key)
    }

    /// Sends RUN.
    @discardableResult
    public func sendRun(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, flags: FrameFlags = [],
        deadline: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try sendExecute(.run, statement, parameters, stream: stream, flags: flags, deadline: deadline, key: key)
    }

    /// Sends BATCH.
    @discardableResult
    public func sendBatch(
        _ steps: [BatchStep], onError: Batch.OnError = .rollback, stream: UInt16 = 1, flags: FrameFlags = [],
        deadline: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Batch.encode(
                into: &writer, stream: stream, request: request, flags: flags, onError: onError, steps: steps,
                deadline: deadline, idempotencyKey: key.map { Array($0.utf8) })
        }
    }

    /// Sends SCRIPT.
    @discardableResult
    public func sendScript(
        _ sql: String, stream: UInt16 = 1, flags: FrameFlags = [], deadline: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Script.encode(
                into: &writer, stream: stream, request: request, flags: flags, sql: sql, deadline: deadline,
                idempotencyKey: key.map { Array($0.utf8) })
        }
    }

    /// Sends DESCRIBE.
    @discardableResult
    public func sendDescribe(
        _ statement: StatementSource, stream: UInt16 = 1, flags: FrameFlags = [], withPlan: Bool = false
    ) throws -> UInt32 {
        try send { writer, request in
            Describe.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: statement, withPlan: withPlan)
        }
    }

    /// Sends LOAD.
    @discardableResult
    public func sendLoad(
        _ statement: StatementSource, columns: Int, stream: UInt16 = 1, flags: FrameFlags = [], deadline: UInt64? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Load.encode(
                into: &writer, stream: stream, request: request, flags: flags, statement: statement, columns: columns,
                deadline: deadline)
        }
    }

    /// Sends LOAD_ROWS for the LOAD `request`, and gives the size of the body.
    @discardableResult
    public func sendLoadRows(_ rows: [[Value]], of request: UInt32, stream: UInt16 = 1, isLast: Bool = false) throws
        -> Int
    {
        var writer = ByteWriter()
        LoadRows.encode(into: &writer, stream: stream, request: request, rows: rows, isLast: isLast)
        try send(writer.bytes)
        return writer.bytes.count - FrameHeader.size
    }

    /// Sends SUBSCRIBE.
    @discardableResult
    public func sendSubscribe(
        _ filter: FeedFilter, after: Int64? = nil, credit: UInt64? = nil, stream: UInt16 = 1, flags: FrameFlags = []
    ) throws -> UInt32 {
        try send { writer, request in
            Subscribe.encode(
                into: &writer, stream: stream, request: request, flags: flags, filter: filter, after: after,
                credit: credit)
        }
    }

    /// Sends PUBLISH.
    @discardableResult
    public func sendPublish(
        _ data: String, to name: String, feed: Feed = .messages, stream: UInt16 = 1, flags: FrameFlags = [],
        deadline: UInt64? = nil, key: String? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Publish.encode(
                into: &writer, stream: stream, request: request, flags: flags, feed: feed, name: name, data: data,
                deadline: deadline, idempotencyKey: key.map { Array($0.utf8) })
        }
    }

    /// Sends BEGIN.
    @discardableResult
    public func sendBegin(
        _ mode: Begin.Mode = .write, stream: UInt16 = 1, flags: FrameFlags = [], deadline: UInt64? = nil,
        idle: UInt64? = nil, total: UInt64? = nil
    ) throws -> UInt32 {
        try send { writer, request in
            Begin.encode(
                into: &writer, stream: stream, request: request, flags: flags, mode: mode, deadline: deadline,
                idle: idle, total: total)
        }
    }

    /// Sends COMMIT.
    @discardableResult
    public func sendCommit(stream: UInt16 = 1, flags: FrameFlags = [], key: String? = nil) throws -> UInt32 {
        try send { writer, request in
            Commit.encode(
                into: &writer, stream: stream, request: request, flags: flags,
                idempotencyKey: key.map { Array($0.utf8) })
        }
    }

    /// Sends ROLLBACK.
    @discardableResult
    public func sendRollback(stream: UInt16 = 1, flags: FrameFlags = []) throws -> UInt32 {
        try send { writer, request in Rollback.encode(into: &writer, stream: stream, request: request, flags: flags) }
    }

    /// Sends SAVEPOINT, RELEASE or ROLLBACK_TO.
    @discardableResult
    public func sendSavepoint(
        _ kind: Savepoint.Kind, _ name: String, stream: UInt16 = 1, flags: FrameFlags = []
    ) throws -> UInt32 {
        try send { writer, request in
            Savepoint.encode(into: &writer, kind: kind, stream: stream, request: request, flags: flags, name: name)
        }
    }

    /// Sends MIGRATE.
    @discardableResult
    public func sendMigrate(
        _ migrations: [(id: String, sql: String)], stream: UInt16 = 1, isDryRun: Bool = false, flags: FrameFlags = []
    ) throws -> UInt32 {
        try send { writer, request in
            Migrate.encode(
                into: &writer, stream: stream, request: request, flags: flags, migrations: migrations,
                isDryRun: isDryRun)
        }
    }

    /// Sends TENANTS.
    @discardableResult
    public func sendTenants(after: String = "", limit: Int = 1000) throws -> UInt32 {
        try send { writer, request in Tenants.encode(into: &writer, request: request, after: after, limit: limit) }
    }

    /// Sends CREDIT for `request`.
    public func sendCredit(_ bytes: UInt64, for request: UInt32) throws {
        var writer = ByteWriter()
        Credit.encode(into: &writer, request: request, bytes: bytes)
        try send(writer.bytes)
    }

    /// Sends CANCEL of `request`.
    public func sendCancel(_ request: UInt32) throws {
        var writer = ByteWriter()
        Cancel.encode(into: &writer, request: request)
        try send(writer.bytes)
    }
}
