import DoSQLHTTP
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import DoSQLWebSocket

/// Feeds over HTTP, and the way to a WebSocket.
extension Exchange {
    // MARK: Publishing

    /// `POST /events/emit`.
    func emit() throws(Refusal) {
        let request: EventRequest
        let json = try jsonBody()
        do throws(JSONFault) { request = try EventRequest(json.span) } catch { throw Refusal(error) }
        try publish(.events, name: request.type, data: request.data)
    }

    /// `POST /channels/{channel}`.
    func publish(to channel: String) throws(Refusal) {
        let request: ChannelMessageRequest
        let json = try jsonBody()
        do throws(JSONFault) { request = try ChannelMessageRequest(json.span) } catch { throw Refusal(error) }
        try publish(.messages, name: channel, data: request.data)
    }

    private func publish(_ feed: Feed, name: String, data: [UInt8]) throws(Refusal) {
        var message = ByteWriter()
        let key = try head.idempotencyKey()
        Publish.encodeBody(into: &message, feed: feed, name: name, data: data, idempotencyKey: key)
        expect(.publish, kinds: [])
        face.tenants.submit(.publish, tenant: tenant, body: message.bytes.span)
    }

    /// The body of a request that has no binary form.
    private func jsonBody() throws(Refusal) -> [UInt8] {
        if try head.hasBinaryBody() { throw .wrongType }
        return body
    }

    // MARK: Event streams

    /// `GET /events/stream`: all that ever happened first, as in the guide, unless the client says from where.
    func streamEvents() throws(Refusal) {
        let types = (head.queryValue("types") ?? "").split(separator: ",").map(String.init)
        guard types.count <= Limits.eventTypesMax else {
            throw .badRequest("at most \(Limits.eventTypesMax) types can be chosen")
        }
        try stream(.events(types: types), after: try position() ?? .after(0))
    }

    /// `GET /channels/{channel}/stream`: what is published from now on, as the hub has it, unless the client says from
    /// where.
    func stream(channel: String) throws(Refusal) {
        try stream(.channel(channel), after: try position() ?? .now)
    }

    private enum Position { case now, after(Int64) }

    private func stream(_ filter: FeedFilter, after position: Position) throws(Refusal) {
        guard filter.isValid else {
            throw Refusal(Failure.feedNameInvalid(filter.feed))
        }
        try require(.subscribe)
        switch position {
        case .now: stream(filter, after: nil)
        case .after(let id): stream(filter, after: id)
        }
    }

    /// Where the client wants to go on: its last event, or what the query says.
    private func position() throws(Refusal) -> Position? {
        guard let text = head.first("last-event-id") ?? head.queryValue("after"), !text.isEmpty else { return nil }
        if text == "now" { return .now }
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let id = Int64(text)
        else {
            throw .badRequest("Last-Event-ID and after are the id of an event, or 'now', not '\(text)'")
        }
        return .after(id)
    }

    // MARK: WebSocket

    /// `GET /connect`.
    func connect() throws(Refusal) {
        let head = head
        let request = WebSocketRequest(method: head.method, isHTTP10: head.minorVersion == 0) { head.values($0) }
        let web = face.shard.web
        let subprotocols = [FrameConversation.subprotocol, HubConversation.subprotocol]
        switch request.handshake(subprotocols: subprotocols, codec: web.webSocketCodec) {
        case .notUpgrade:
            throw .expectedWebSocket
        case .refused(let refusal):
            throw Refusal(refusal)
        case .accepted(let agreement):
            let name: TenantName
            do throws(TenantName.Fault) { name = try TenantName(tenant) } catch {
                throw Refusal(Failure(.tenantNameInvalid, "\(error)"))
            }
            // What is spoken in frames names its tenants itself.
            if agreement.subprotocol != FrameConversation.subprotocol, let principal,
                principal.permission(for: name) == nil
            {
                throw Refusal(.forbidden(tenant: name))
            }
            upgrade(agreement, tenant: name)
        }
    }

    private func upgrade(_ agreement: WebSocketAgreement, tenant: TenantName) {
        for header in agreement.headers { response.add(header.name, header.value) }
        response.upgrade()
        // The face that is left lives until its shard lets go of it, at the turn's end.
        let (connection, socket, shard) = (face.connection, face.socket, face.shard)
        let rest = face.handOver()
        let isBinary = agreement.subprotocol == FrameConversation.subprotocol
        let shown = principal.map { (principal: $0, token: shownToken) }
        // Whom nobody knows yet says who he is, and no more.
        let isStranger = shard.context.authority != nil && (isBinary || shown == nil)
        let next = WebSocketFace(
            connection: connection, socket: socket, shard: shard, variant: agreement.variant,
            messageBytesMax: isStranger
                ? WebSocketFace.strangerBytesMax
                : isBinary ? WebSocketFace.framesBytesMax : WebSocketFace.hubBytesMax)
        shard.faceChanged(next)
        socket.handOver(to: next)
        next.start(
            isBinary
                ? FrameConversation(on: next, shown: shown)
                : HubConversation(on: next, tenant: tenant, principal: principal), with: rest)
    }
}
