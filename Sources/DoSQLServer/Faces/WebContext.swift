import DoSQLCompression
import DoSQLHTTP
import DoSQLLoop
import DoSQLProtocol
import DoSQLWebSocket

/// What the web faces of one shard share: parsers' decoders, compressors, the date, policies.
final class WebContext {
    /// Compressors kept for later, about 260 KiB each.
    private static let deflatersMax = 4
    /// Bytes of a client's own request id.
    private static let requestIDMax = 128

    let limits = HTTPLimits()
    let decoders = DecoderPool()
    let tenants: TenantSource
    let cors: CORSPolicy
    let webSocketCodec = WebSocketCodec()
    /// The headers that all answers have, whatever the request.
    let secureHeaders: HeaderBlock
    /// Whether everybody of this machine, and nobody else, may do everything: then no name that leads here by somebody's
    /// doing may be what is asked.
    private let isOfThisMachine: Bool
    /// What the names of the shard's connections and requests begin with: nobody else's do.
    let namePrefix: String
    private let requestIDLine: HeaderBlock.Numbered
    private var requestCount = 0
    private var deflaters: [Deflater] = []
    private var cachedDate = HTTPDate(unixSeconds: 0)

    init(_ context: ServerContext, shard: Int) {
        let http = context.configuration.http
        isOfThisMachine = context.authority == nil && !context.configuration.letsAnybodyIn
        tenants = TenantSource(baseDomains: http.baseDomains)
        let origins: CORSPolicy.Origins =
            http.allowedOrigins.isEmpty
            ? .none : http.allowedOrigins.contains("*") ? .any : .listed(Set(http.allowedOrigins))
        cors = CORSPolicy(
            origins: origins, exposedHeaders: ["X-Request-ID", "Retry-After"],
            allowsCredentials: http.allowsCredentials)
        secureHeaders = SecureHeaders.api(crossOrigin: origins != .none)
        namePrefix = "\(String(context.serverID.low, radix: 36))-\(shard)-"
        requestIDLine = HeaderBlock.Numbered("X-Request-ID", prefix: namePrefix)
    }

    /// The headers that every answer to a request has beside ``secureHeaders``.
    /// - Parameter name: what ``name(of:)`` gave.
    func headers(for request: RequestHead?, _ name: RequestName) -> HeaderBlock {
        var headers = HeaderBlock()
        if let request, cors.origins != .none { headers.append(cors.headers(for: request)) }
        switch name {
        case .own(let text): headers.add("X-Request-ID", text)
        case .numbered(let number): headers.add(requestIDLine, number)
        }
        return headers
    }

    /// The client's own name for its request, if it can be one, else a new one.
    func name(of request: RequestHead?) -> RequestName {
        if let own = request?.first("x-request-id"), !own.isEmpty, own.utf8.count <= Self.requestIDMax,
            own.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return .own(own)
        }
        requestCount += 1
        return .numbered(requestCount)
    }

    /// A name as it is told.
    func text(of name: RequestName) -> String {
        switch name {
        case .own(let text): text
        case .numbered(let number): namePrefix + String(number)
        }
    }

    /// The date of this second.
    var date: HTTPDate {
        let seconds = WallClock.milliseconds() / 1000
        if cachedDate.unixSeconds != seconds { cachedDate = HTTPDate(unixSeconds: seconds) }
        return cachedDate
    }

    /// Whether a host is this server and nothing else: an address, the machine itself, or what the operator has named.
    func isOwnName(_ host: String) -> Bool {
        host == "localhost" || host.hasPrefix("[") || tenants.isBaseDomain(host)
            || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// Whether a request for this host is meant for this server. A page can have its own name lead to this machine, and
    /// is of the same origin then (DNS rebinding): where nobody shows a token, a name with a dot has to be the operator's.
    func isServed(_ host: String) -> Bool {
        !isOfThisMachine || !host.contains(".") || isOwnName(host) || host.hasSuffix(".localhost")
    }

    func acceptsGzip(_ request: RequestHead) -> Bool {
        request.first("accept-encoding") != nil && request.contentCoding == .gzip
    }

    /// A compressor in front of a stream.
    func takeDeflater() -> Deflater { deflaters.popLast() ?? Deflater(.gzip, level: 1) }

    /// Takes a compressor back, wherever its stream is.
    func giveBack(_ deflater: Deflater) {
        guard deflaters.count < Self.deflatersMax else { return }
        deflater.reset()
        deflaters.append(deflater)
    }
}

extension CORSPolicy {
    /// Whether pages of this origin may use the server.
    func allows(_ origin: String) -> Bool {
        switch origins {
        case .none: false
        case .any: true
        case .listed(let allowed): allowed.contains(origin)
        }
    }
}
