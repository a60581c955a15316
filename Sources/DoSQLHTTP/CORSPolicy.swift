/// Which pages of other origins may use the server from a browser (Fetch standard, section 3.2).
public struct CORSPolicy: Sendable, Equatable {
    /// Whose pages may read answers.
    public enum Origins: Sendable, Equatable {
        /// Nobody's but our own: no CORS header is ever sent.
        case none
        /// Everybody's.
        case any
        /// Those of these origins, written as browsers do: `https://app.example`.
        case listed(Set<String>)
    }

    /// Whose pages may read answers.
    public var origins: Origins
    /// The methods a page may use.
    public var methods: [String]
    /// The request headers a page may set; empty for those it asks for.
    public var requestHeaders: [String]
    /// The response headers a page may read, beyond those it always may.
    public var exposedHeaders: [String]
    /// Seconds that a browser may remember a preflight's answer.
    public var maxAge: Int
    /// Whether cookies and HTTP authentication are sent along. Not with every origin: the standard forbids it.
    public var allowsCredentials: Bool

    /// A policy; by default nobody is allowed anything.
    public init(
        origins: Origins = .none, methods: [String] = ["GET", "HEAD", "POST", "OPTIONS"],
        requestHeaders: [String] = [], exposedHeaders: [String] = [], maxAge: Int = 600,
        allowsCredentials: Bool = false
    ) {
        self.origins = origins
        self.methods = methods
        self.requestHeaders = requestHeaders
        self.exposedHeaders = exposedHeaders
        self.maxAge = maxAge
        self.allowsCredentials = allowsCredentials
    }

    /// The headers of the answer to a request that is no preflight.
    ///
    /// Where the answer depends on the Origin, Vary says so even to those who have none, for the caches between.
    public func headers(for head: RequestHead) -> HeaderBlock {
        var block = HeaderBlock()
        guard addOrigin(of: head, to: &block), !exposedHeaders.isEmpty else { return block }
        block.add("Access-Control-Expose-Headers", exposedHeaders.joined(separator: ", "))
        return block
    }

    /// The headers of the answer to a preflight, an answer with status 204 and no body; nil if the request is none, or
    /// there is no policy. An origin that is not allowed gets an answer that allows nothing.
    public func preflight(for head: RequestHead) -> HeaderBlock? {
        guard origins != .none, head.method == "OPTIONS", head.first("origin") != nil,
            head.first("access-control-request-method") != nil
        else { return nil }
        var block = HeaderBlock()
        let isAllowed = addOrigin(of: head, to: &block)
        let echoed = requestHeaders.isEmpty ? head.values("access-control-request-headers") : []
        if requestHeaders.isEmpty { block.add("Vary", "Access-Control-Request-Headers") }
        guard isAllowed else { return block }
        if !methods.isEmpty { block.add("Access-Control-Allow-Methods", methods.joined(separator: ", ")) }
        let allowed = requestHeaders.isEmpty ? echoed : requestHeaders
        if !allowed.isEmpty { block.add("Access-Control-Allow-Headers", allowed.joined(separator: ", ")) }
        block.add("Access-Control-Max-Age", "\(maxAge)")
        return block
    }

    /// Adds what allows the origin of a request.
    /// - Returns: whether it is allowed.
    private func addOrigin(of head: RequestHead, to block: inout HeaderBlock) -> Bool {
        let origins = head.values("origin")
        switch self.origins {
        case .none: return false
        case .any:
            guard !origins.isEmpty else { return false }
            block.add("Access-Control-Allow-Origin", "*")
            return true
        case .listed(let allowed):
            block.add("Vary", "Origin")
            guard origins.count == 1, allowed.contains(origins[0]) else { return false }
            block.add("Access-Control-Allow-Origin", origins[0])
            if allowsCredentials { block.add("Access-Control-Allow-Credentials", "true") }
            return true
        }
    }
}
