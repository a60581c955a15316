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
    private let requestIDLine: HeaderBlock.Numbered
    private var requestCount = 0
    private var deflaters: [Deflater] = []
    private var cachedDate = HTTPDate(unixSeconds: 0)

    init(_ context: ServerContext, shard: Int) {
        let http = context.configuration.http
        tenants = TenantSource(baseDomains: http.baseDomains)
        let origins: CORSPolicy.Origins =
            http.allowedOrigins.isEmpty
            ? .none : http.allowedOrigins.contains("*") ? .any : .listed(Set(http.allowedOrigins))
        cors = CORSPolicy(
            origins: origins, exposedHeaders: ["X-Request-ID", "Retry-After"],
            allowsCredentials: http.allowsCredentials)
        secureHeaders = SecureHeaders.api(crossOrigin: origins != .none)
        requestIDLine = HeaderBlock.Numbered(
            "X-Request-ID", prefix: "\(String(context.serverID.low, radix: 36))-\(shard)-")
    }

    /// The headers that every answer to a request has beside ``secureHeaders``.
    func headers(for request: RequestHead?) -> HeaderBlock {
        var headers = HeaderBlock()
        if let request, cors.origins != .none { headers.append(cors.headers(for: request)) }
        if let own = ownID(of: request) {
            headers.add("X-Request-ID", own)
        } else {
            requestCount += 1
            headers.add(requestIDLine, requestCount)
        }
        return headers
    }

    /// The client's own name for its request, if it can be one.
    private func ownID(of request: RequestHead?) -> String? {
        guard let own = request?.first("x-request-id"), !own.isEmpty, own.utf8.count <= Self.requestIDMax,
            own.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        return own
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
