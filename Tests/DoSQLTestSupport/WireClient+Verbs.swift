public import DoSQLProtocol

// The requests again, each waiting for its answer and throwing its error.

extension WireClient {
    /// HELLO.
    @discardableResult
    public func hello(frameMax: Int = Limits.frameMax, token: [UInt8]? = nil) throws -> HelloOK {
        let reply = try receive(for: try sendHello(frameMax: frameMax, token: token))
        if let error = reply.error { throw error }
        guard case .helloOK(let message) = reply.message else {
            throw TestSupportError("HELLO was answered with \(reply.message)")
        }
        return message
    }

    /// PING.
    @discardableResult
    public func ping(_ payload: [UInt8] = []) throws -> [UInt8] {
        let reply = try receive(for: try sendPing(payload))
        if let error = reply.error { throw error }
        guard case .pong(let payload) = reply.message else {
            throw TestSupportError("PING was answered with \(reply.message)")
        }
        return payload
    }

    /// OPEN.
    @discardableResult
    public func open(
        _ tenant: String, stream: UInt16 = 1, isReadOnly: Bool = false, mayCreate: Bool = true
    ) throws -> Answer {
        try answer(to: try sendOpen(tenant, stream: stream, isReadOnly: isReadOnly, mayCreate: mayCreate))
    }

    /// CLOSE.
    @discardableResult
    public func close(stream: UInt16) throws -> Answer { try answer(to: try sendClose(stream: stream)) }

    /// PREPARE.
    @discardableResult
    public func prepare(_ id: UInt32, _ sql: String) throws -> Answer { try answer(to: try sendPrepare(id, sql)) }

    /// UNPREPARE.
    @discardableResult
    public func unprepare(_ id: UInt32) throws -> Answer { try answer(to: try sendUnprepare(id)) }

    /// QUERY.
    @discardableResult
    public func query(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, deadline: UInt64? = nil,
        rowsMax: UInt64? = nil, key: String? = nil
    ) throws -> Answer {
        // All the credit there is: a verb that waits cannot give more.
        try answer(
            to: try sendQuery(
                statement, parameters, stream: stream, deadline: deadline, credit: UInt64(Int64.max), rowsMax: rowsMax,
                key: key))
    }

    /// The one value of a QUERY's one row.
    public func value(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1
    ) throws -> Value {
        let answer = try query(statement, parameters, stream: stream)
        guard answer.rows.count == 1, answer.rows[0].count == 1 else {
            throw TestSupportError("\(statement) gave \(answer.rows), not one value")
        }
        return answer.value
    }

    /// QUERY_ONE.
    @discardableResult
    public func queryOne(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, deadline: UInt64? = nil,
        key: String? = nil
    ) throws -> Answer {
        try answer(to: try sendQueryOne(statement, parameters, stream: stream, deadline: deadline, key: key))
    }

    /// RUN.
    @discardableResult
    public func run(
        _ statement: StatementSource, _ parameters: ParameterList = .none, stream: UInt16 = 1, deadline: UInt64? = nil,
        key: String? = nil
    ) throws -> Answer {
        try answer(to: try sendRun(statement, parameters, stream: stream, deadline: deadline, key: key))
    }

    /// BATCH.
    @discardableResult
    public func batch(
        _ steps: [BatchStep], onError: Batch.OnError = .rollback, stream: UInt16 = 1, deadline: UInt64? = nil,
        key: String? = nil
    ) throws -> Answer {
        try answer(to: try sendBatch(steps, onError: onError, stream: stream, deadline: deadline, key: key))
    }

    /// SCRIPT.
    @discardableResult
    public func script(
        _ sql: String, stream: UInt16 = 1, deadline: UInt64? = nil, key: String? = nil
    ) throws -> Answer {
        try answer(to: try sendScript(sql, stream: stream, deadline: deadline, key: key))
    }

    /// LOAD of these rows in frames of `rowsPerFrame`, sent as the server grants credit.
    @discardableResult
    public func load(
        _ statement: StatementSource, _ rows: [[Value]], columns: Int? = nil, rowsPerFrame: Int = 1000,
        stream: UInt16 = 1,
        deadline: UInt64? = nil
    ) throws -> Answer {
        let request = try sendLoad(
            statement, columns: columns ?? rows.first?.count ?? 1, stream: stream, deadline: deadline)
        var credit = 0
        var next = 0
        while true {
            var frame = ByteWriter()
            let end = min(next + rowsPerFrame, rows.count)
            LoadRows.encode(
                into: &frame, stream: stream, request: request, rows: Array(rows[next..<end]), isLast: end == rows.count
            )
            let size = frame.bytes.count - FrameHeader.size
            while credit < size {
                let reply = try receive(for: request)
                if let error = reply.error { throw error }
                guard case .grant(let bytes) = reply.message else {
                    throw TestSupportError("LOAD was answered with \(reply.message)")
                }
                credit += Int(clamping: bytes)
            }
            try send(frame.bytes)
            credit -= size
            next = end
            if end == rows.count { return try answer(to: request) }
        }
    }

    /// Waits for the first GRANT of a LOAD, and gives its bytes.
    @discardableResult
    public func grant(for request: UInt32) throws -> Int {
        let reply = try receive(for: request)
        if let error = reply.error { throw error }
        guard case .grant(let bytes) = reply.message else {
            throw TestSupportError("LOAD was answered with \(reply.message)")
        }
        return Int(clamping: bytes)
    }

    /// SUBSCRIBE up to its HEAD, which is given. The rows come by `receive(for:)`.
    public func subscribe(
        _ filter: FeedFilter, after: Int64? = nil, credit: UInt64? = nil, stream: UInt16 = 1
    ) throws -> (request: UInt32, head: Reply) {
        let request = try sendSubscribe(filter, after: after, credit: credit, stream: stream)
        let reply = try receive(for: request)
        if let error = reply.error { throw error }
        guard case .head = reply.message else {
            throw TestSupportError("SUBSCRIBE was answered with \(reply.message)")
        }
        return (request, reply)
    }

    /// PUBLISH.
    @discardableResult
    public func publish(
        _ data: String, to name: String, feed: Feed = .messages, stream: UInt16 = 1, deadline: UInt64? = nil,
        key: String? = nil
    ) throws -> Answer {
        try answer(to: try sendPublish(data, to: name, feed: feed, stream: stream, deadline: deadline, key: key))
    }

    /// DESCRIBE.
    public func describe(
        _ statement: StatementSource, stream: UInt16 = 1, withPlan: Bool = false
    ) throws -> Description {
        let reply = try receive(for: try sendDescribe(statement, stream: stream, withPlan: withPlan))
        if let error = reply.error { throw error }
        guard case .description(let description) = reply.message else {
            throw TestSupportError("DESCRIBE was answered with \(reply.message)")
        }
        return description
    }

    /// BEGIN.
    @discardableResult
    public func begin(
        _ mode: Begin.Mode = .write, stream: UInt16 = 1, deadline: UInt64? = nil, idle: UInt64? = nil,
        total: UInt64? = nil
    ) throws -> Answer {
        try answer(to: try sendBegin(mode, stream: stream, deadline: deadline, idle: idle, total: total))
    }

    /// COMMIT.
    @discardableResult
    public func commit(stream: UInt16 = 1, key: String? = nil) throws -> Answer {
        try answer(to: try sendCommit(stream: stream, key: key))
    }

    /// ROLLBACK.
    @discardableResult
    public func rollback(stream: UInt16 = 1) throws -> Answer { try answer(to: try sendRollback(stream: stream)) }

    /// SAVEPOINT, RELEASE or ROLLBACK_TO.
    @discardableResult
    public func savepoint(_ kind: Savepoint.Kind, _ name: String, stream: UInt16 = 1) throws -> Answer {
        try answer(to: try sendSavepoint(kind, name, stream: stream))
    }

    /// MIGRATE.
    @discardableResult
    public func migrate(
        _ migrations: [(id: String, sql: String)], stream: UInt16 = 1, isDryRun: Bool = false
    ) throws -> Migrations {
        let reply = try receive(for: try sendMigrate(migrations, stream: stream, isDryRun: isDryRun))
        if let error = reply.error { throw error }
        guard case .migrations(let migrations) = reply.message else {
            throw TestSupportError("MIGRATE was answered with \(reply.message)")
        }
        return migrations
    }

    /// TENANTS.
    public func tenants(after: String = "", limit: Int = 1000) throws -> TenantList {
        let reply = try receive(for: try sendTenants(after: after, limit: limit))
        if let error = reply.error { throw error }
        guard case .tenantList(let list) = reply.message else {
            throw TestSupportError("TENANTS was answered with \(reply.message)")
        }
        return list
    }
}
