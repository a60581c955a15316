/// What an operator decides about the HTTP, WebSocket and event-stream faces (`protocol/http.md`). The bounds of heads
/// and bodies are the HTTP parser's own.
public struct HTTPConfiguration: Sendable {
    /// Domains under which a Host's first label names a tenant: with `example.com`, `acme.example.com` is `acme`. Empty:
    /// no Host names a tenant.
    public var baseDomains: [String] = []
    /// Origins that browsers may call from: `https://app.example.com`, or `*` for all. Empty: none.
    public var allowedOrigins: [String] = []
    /// Whether browsers may send credentials from those origins. Not with `*`.
    public var allowsCredentials = false
    /// From the first byte of a request to the end of its head, in nanoseconds: whoever drips bytes holds a connection.
    public var headTime: UInt64 = 10_000_000_000
    /// From the end of a head to the end of its body, in nanoseconds.
    public var bodyTime: UInt64 = 30_000_000_000
    /// Between two requests of a connection, in nanoseconds.
    public var keepAliveTime: UInt64 = 75_000_000_000
    /// Nanoseconds for which an answer may wait for a client that takes none of it.
    public var stallTime: UInt64 = 60_000_000_000
    /// Nanoseconds of silence after which an event stream or a WebSocket is spoken to: proxies close what is silent.
    public var heartbeatTime: UInt64 = 15_000_000_000
    /// Interactive transactions that may be open over HTTP at a time, on one event loop.
    public var transactionsMax = 512
    /// How many of them a tenant may have while half of all are taken: the others' must not be somebody's to give.
    var tenantTransactionsMax: Int { max(1, transactionsMax / 16) }
    /// Calls of one of them that wait for the one before.
    public var transactionCallsMax = 64
    /// Bytes of their bodies.
    public var transactionCallBytesMax = 33_554_432

    /// The defaults.
    public init() {}

    /// Every rule this configuration breaks, each with what it is about.
    var settingFaults: [Configuration.Fault] {
        var faults: [Configuration.Fault] = []
        func add(_ setting: String, _ text: String) { faults.append(.init(setting: setting, description: text)) }
        for domain in baseDomains where domain.isEmpty || domain.hasPrefix(".") || domain.contains("/") {
            add("baseDomain", "'\(domain)' is no domain")
        }
        for origin in allowedOrigins where origin != "*" && !origin.contains("://") {
            add("cors.origin", "an origin is '*' or looks like https://app.example.com, not '\(origin)'")
        }
        if allowsCredentials && allowedOrigins.contains("*") {
            add("cors.credentials", "credentials cannot be allowed for every origin")
        }
        if transactionsMax < 0 {
            add("maxHttpTransactions", "transactions over HTTP are 0 or more, not \(transactionsMax)")
        }
        if transactionCallsMax < 1 || transactionCallBytesMax < 1 {
            add("maxHttpTransactions", "at least 1 call, and 1 byte of it, may wait for a transaction over HTTP")
        }
        return faults
    }
}
