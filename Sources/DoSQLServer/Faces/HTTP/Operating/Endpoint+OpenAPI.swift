/// Every endpoint as the document tells of it: where it is, and what it does.
extension Endpoint {
    /// Each of them once, with the names of its parameters in their places.
    static var all: [Endpoint] {
        Operation.allCases.filter { Operation(path: $0.rawValue) != nil }.map { .operation($0) }
            + [.beginTransaction]
            + inTransaction
            + [.connect, .channelStream("{channel}"), .publish("{channel}"), .eventStream, .emit]
            + [.health, .live, .ready, .metrics, .openAPI]
            + AdministrationRequest.all.map { .administration($0) }
    }

    /// Those that take the id of a transaction.
    private static var inTransaction: [Endpoint] {
        Operation.allCases.filter { Operation(inTransaction: $0.rawValue) != nil }
            .map { .inTransaction(id: "{id}", $0) }
    }

    /// Its path.
    var path: String {
        switch self {
        case .operation(let operation): "/\(operation.rawValue)"
        case .beginTransaction: "/transactions"
        case .inTransaction(let id, let operation): "/transactions/\(id)/\(operation.rawValue)"
        case .health: "/health"
        case .live: "/health/live"
        case .ready: "/health/ready"
        case .metrics: "/metrics"
        case .openAPI: "/openapi.json"
        case .connect: "/connect"
        case .eventStream: "/events/stream"
        case .emit: "/events/emit"
        case .channelStream(let channel): "/channels/\(channel)/stream"
        case .publish(let channel): "/channels/\(channel)"
        case .administration(let request): request.path
        }
    }

    /// Its methods.
    var methods: [String] {
        switch self {
        case .operation, .beginTransaction, .inTransaction, .emit, .publish: ["POST"]
        case .connect, .eventStream, .channelStream: ["GET"]
        case .health, .live, .ready, .metrics, .openAPI: ["GET", "HEAD"]
        case .administration(let request): [request.method]
        }
    }

    /// What the document says of it.
    var described: OpenAPIOperation {
        switch self {
        case .operation(let operation): operation.described(inTransaction: false)
        case .administration(let request): request.described
        case .inTransaction(_, let operation): operation.described(inTransaction: true)
        case .beginTransaction:
            OpenAPIOperation(
                id: "beginTransaction", tag: "transactions",
                summary: "Begins an interactive transaction, which ends by its commit, its rollback or its time.",
                body: "BeginRequest", bodyIsOptional: true, takesBinary: true, example: #"{"mode":"read"}"#,
                answers: [
                    .json("It has begun.", "BeginAnswer", status: 201, headers: ["Location"]).linked(
                        to: Endpoint.inTransaction.map(\.described))
                ], errors: Operation.errors)
        case .connect:
            OpenAPIOperation(
                id: "connect", tag: "feeds",
                summary: "Upgrades to a WebSocket: the hub, or with the subprotocol dosql.v1 the binary protocol.",
                answers: [
                    .init(status: 101, description: "The connection goes on as a WebSocket (RFC 6455)."),
                    .text("The request asks for no upgrade.", status: 426),
                ], errors: [403])
        case .eventStream:
            OpenAPIOperation(
                id: "streamEvents", tag: "feeds",
                summary: "Streams the tenant's events, from the first one if the client does not say from where.",
                parameters: ["LastEventID", "After", "Types"],
                answers: [.text("Server-sent events, without end.", type: "text/event-stream")],
                errors: Operation.errors)
        case .channelStream:
            OpenAPIOperation(
                id: "streamChannel", tag: "feeds",
                summary: "Streams a channel's messages, those from now on if the client does not say from where.",
                parameters: ["Channel", "LastEventID", "After"],
                answers: [.text("Server-sent events, without end.", type: "text/event-stream")],
                errors: Operation.errors)
        case .emit:
            OpenAPIOperation(
                id: "emit", tag: "feeds", summary: "Emits an event.", parameters: ["IdempotencyKey"],
                body: "EventRequest", example: #"{"type":"order","data":{"id":7}}"#,
                answers: [.message("It is durable.", "PublishAnswer")], errors: Operation.errors)
        case .publish:
            OpenAPIOperation(
                id: "publish", tag: "feeds", summary: "Publishes a message to a channel.",
                parameters: ["Channel", "IdempotencyKey"], body: "MessageRequest", example: #"{"data":"hello"}"#,
                answers: [.message("It is durable.", "PublishAnswer")], errors: Operation.errors)
        case .health:
            OpenAPIOperation(
                id: "health", tag: "operating",
                summary: "Whether the tenant that the request names answers, or without one the server.",
                answers: [
                    .json("All is well.", "Healthy"),
                    .json("The tenant's name cannot be one, or there are two.", "UnhealthyOrError", status: 400),
                    .json("There is no such tenant; it is not created.", "Unhealthy", status: 404),
                    .json("Something is not as it should be.", "UnhealthyOrError", status: 503),
                ])
        case .live:
            OpenAPIOperation(
                id: "live", tag: "operating", summary: "Whether the process runs.",
                answers: [.json("It does.", "Live")])
        case .ready:
            OpenAPIOperation(
                id: "ready", tag: "operating", summary: "Whether requests should be sent here.",
                answers: [
                    .json("They should.", "Ready"), .json("The server stops.", "DrainingOrError", status: 503),
                ])
        case .metrics:
            OpenAPIOperation(
                id: "metrics", tag: "operating", summary: "Metrics in the text format of Prometheus, version 0.0.4.",
                answers: [
                    .text("The metrics."), .json("A thread does not answer.", "UnhealthyOrError", status: 503),
                ])
        case .openAPI:
            OpenAPIOperation(
                id: "openAPI", tag: "operating", summary: "This document.",
                answers: [.json("It.", "Document")])
        }
    }
}
