import DoSQLProtocol

/// What a path and a method ask for (`protocol/http.md`, endpoints).
enum Endpoint: Equatable {
    /// A message on the tenant's stream, translated from the body.
    case operation(Operation)
    /// Begins an interactive transaction.
    case beginTransaction
    /// A message on the stream of a transaction.
    case inTransaction(id: String, Operation)
    case health, live, ready, metrics, openAPI
    /// The upgrade to a WebSocket.
    case connect
    case eventStream, emit
    case channelStream(String), publish(String)
    /// What an operator does with tenants.
    case administration(AdministrationRequest)

    /// What came of a path.
    enum Match: Equatable {
        case found(Endpoint)
        case notFound
        /// The path is known; these are its methods.
        case wrongMethod(allowed: String)
    }

    /// Whether a request needs a token, where the server has tokens. What tells whether a server may be asked does not;
    /// and a WebSocket may show its token later.
    func needsToken(namesTenant: Bool) -> Bool {
        switch self {
        case .live, .ready, .openAPI, .connect: false
        case .health: namesTenant
        default: true
        }
    }

    /// How many bytes of a body it takes, where the parser would take so many; 0: it has no body.
    func bodyBytesMax(_ most: Int) -> Int {
        switch self {
        case .operation, .beginTransaction, .inTransaction, .emit, .publish: most
        case .health, .live, .ready, .metrics, .openAPI, .connect, .eventStream, .channelStream: 0
        // A file goes another way.
        case .administration: AdministrationBody.bytesMax
        }
    }

    /// Whether it is refused while too many bytes wait in the server: not what is short, or ends something.
    var isBounded: Bool {
        switch self {
        case .operation, .beginTransaction, .emit, .publish: true
        case .inTransaction(_, let operation): operation != .commit && operation != .rollback
        case .administration(let request): if case .restore = request { true } else { false }
        case .health, .live, .ready, .metrics, .openAPI, .connect, .eventStream, .channelStream: false
        }
    }

    /// Finds what a method and a path's segments (behind `/t/{tenant}`, if that was there) ask for.
    static func match(_ method: String, _ path: [String]) -> Match {
        if path.first == "admin" { return administration(method, path.dropFirst()) }
        switch path.count {
        case 1:
            if let operation = Operation(path: path[0]) { return only("POST", method, .operation(operation)) }
            switch path[0] {
            case "transactions": return only("POST", method, .beginTransaction)
            case "health": return read(method, .health)
            case "metrics": return read(method, .metrics)
            case "openapi.json": return read(method, .openAPI)
            case "connect": return only("GET", method, .connect)
            default: return .notFound
            }
        case 2:
            switch (path[0], path[1]) {
            case ("health", "live"): return read(method, .live)
            case ("health", "ready"): return read(method, .ready)
            case ("events", "stream"): return only("GET", method, .eventStream)
            case ("events", "emit"): return only("POST", method, .emit)
            case ("channels", let channel): return only("POST", method, .publish(channel))
            default: return .notFound
            }
        case 3:
            switch (path[0], path[2]) {
            case ("channels", "stream"): return only("GET", method, .channelStream(path[1]))
            case ("transactions", let word):
                guard let operation = Operation(inTransaction: word) else { return .notFound }
                return only("POST", method, .inTransaction(id: path[1], operation))
            default: return .notFound
            }
        default:
            return .notFound
        }
    }

    private static func administration(_ method: String, _ path: ArraySlice<String>) -> Match {
        let (request, methods) = AdministrationRequest.match(method, path)
        if let request { return .found(.administration(request)) }
        return methods.isEmpty ? .notFound : .wrongMethod(allowed: methods.joined(separator: ", "))
    }

    /// Whether it is the operator's, and no tenant's.
    var isAdministration: Bool {
        if case .administration = self { return true }
        return false
    }

    private static func only(_ allowed: String, _ method: String, _ endpoint: Endpoint) -> Match {
        method == allowed ? .found(endpoint) : .wrongMethod(allowed: allowed)
    }

    private static func read(_ method: String, _ endpoint: Endpoint) -> Match {
        method == "GET" || method == "HEAD" ? .found(endpoint) : .wrongMethod(allowed: "GET, HEAD")
    }
}
