import AsyncAlgorithms
import DoSQLClient
import HTTPTypes
import Hummingbird
import HummingbirdCore
import ServiceLifecycle

/// `/api/v1/events`, for who has a token.
struct EventRoutes {
    /// How often a silent stream says that it lives.
    private static let heartbeatInterval = Duration.seconds(15)

    var routes: RouteCollection<UserContext> {
        RouteCollection(context: UserContext.self)
            .get("stream", use: stream)
            .post("emit", use: emit)
    }

    // MARK: GET /events/stream

    /// Events as they are emitted. Nobody polls: the database tells, and after a cut goes on where it was.
    @Sendable func stream(_ request: Request, context: UserContext) async throws -> Response {
        let after = try Self.lastEventID(of: request) ?? Self.after(in: request.uri)
        // Its beginning is fixed before the head is sent: whoever has read the head misses nothing.
        let events = try await context.tenant.events(after: after).fromNow()

        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: ResponseBody { writer in
                let heartbeats = AsyncTimerSequence(interval: Self.heartbeatInterval, clock: .continuous)
                let frames = merge(events.map { EventFrame.event($0) }, heartbeats.map { _ in EventFrame.heartbeat })
                    .cancelOnGracefulShutdown()

                // When the client goes, what is in here is cancelled, and with it the subscription.
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    // A client that reads slowly is waited for, and the events with it.
                    for try await frame in frames { try await writer.write(frame.bytes) }
                }
                try await writer.finish(nil)
            })
    }

    /// How far a browser was that was cut off.
    private static func lastEventID(of request: Request) -> Int64? {
        guard let text = request.headers[.lastEventID], text.allSatisfy({ "0"..."9" ~= $0 }) else { return nil }
        return Int64(text)
    }

    private static func after(in uri: URI) throws(Refusal) -> Int64? {
        guard let text = uri.queryParameters["after"] else { return nil }
        guard let id = Int64(text), id >= 0 else { throw .invalid("after", "not the id of an event") }
        return id
    }

    // MARK: POST /events/emit

    struct NewEvent: Validated {
        let type: String
        /// Any JSON, `null` too.
        let data: JSONValue

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            type = try members.decode(String.self, forKey: .type)
            data = try members.decode(JSONValue.self, forKey: .data)
        }

        enum CodingKeys: CodingKey {
            case type, data
        }

        func validate() throws(Refusal) {
            guard (1...256).contains(type.utf8.count) else { throw .invalid("type", "1 to 256 bytes") }
            if type.contains(where: \.isNewline) { throw .invalid("type", "one line of text") }
        }
    }

    @Sendable func emit(_ request: Request, context: UserContext) async throws -> [String: Bool] {
        let event = try await request.decode(as: NewEvent.self, context: context)
        try await context.tenant.emit(event.type, event.data.text)
        return ["success": true]
    }
}

extension HTTPField.Name {
    static let lastEventID = Self("Last-Event-ID")!
}
