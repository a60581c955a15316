import NIOHTTP1

/// The head of a request whose framing is beyond doubt (RFC 9112 sections 3 and 5).
///
/// What few ask for is taken out of the head when it is asked for. The same object for the same bytes, where a client sends
/// them again and again. Confined to one thread, as its parser is.
public final class RequestHead {
    /// What whoever reads it has found out about it, for the next time that it comes.
    public var note: AnyObject?
    /// The method, as it was sent: `GET`, `POST`.
    public let method: String
    /// The digit behind `HTTP/1.`: 1, or 0 for a client that knows neither chunks nor interim answers.
    public let minorVersion: Int
    /// Where the body ends.
    public let framing: RequestFraming
    /// Whether the connection stays open behind this request (RFC 9112 section 9.3).
    public let isKeepAlive: Bool
    /// Whether the client waits for 100 Continue before it sends the body (RFC 9110 section 10.1.1). What it waits for
    /// is ``ResponseHead/continueBytes``.
    public let expectsContinue: Bool
    /// Whether the client asks for another protocol, by an Upgrade header that Connection names (RFC 9110 section
    /// 7.8). A server may always go on in HTTP/1.1.
    public let isUpgrade: Bool
    private let parsedTarget: RequestTarget
    private let headers: HTTPHeaders

    init(_ head: HTTPRequestHead, _ facts: HeadFacts) throws(HTTPFault) {
        method = head.method.rawValue
        minorVersion = facts.minorVersion
        framing = facts.framing
        isKeepAlive = head.isKeepAlive
        expectsContinue = facts.expectsContinue && facts.framing != .none
        headers = head.headers
        isUpgrade =
            facts.hasUpgrade && facts.minorVersion == 1
            && headers[canonicalForm: "connection"].contains { $0.equals(ignoringCase: "upgrade") }
        parsedTarget = try RequestTarget(head.uri, method: method)
    }

    // MARK: Target

    /// The target as it was sent.
    public var target: String { parsedTarget.text }

    /// The path as it was sent, with its escapes: what is in front of the query. `*` for `OPTIONS *`.
    public var path: Substring { parsedTarget.path }

    /// The query as it was sent, without its question mark; nil if there is none.
    public var query: Substring? { parsedTarget.query }

    /// The segments of the path, without escapes: `["t", "a b", "query"]` of `/t/a%20b/query`. A path that ends in a
    /// slash has an empty last one, `/` has none. No segment is `.` or `..` or has a control character; one may have a
    /// slash.
    public var pathSegments: [String] { parsedTarget.segments }

    /// The items of the query, without escapes; `+` is a space.
    public var queryItems: [(name: String, value: String)] { parsedTarget.queryItems }

    /// The value of the first item of this name.
    public func queryValue(_ name: String) -> String? {
        queryItems.first { $0.name == name }?.value
    }

    /// The host the client asks for, with small letters and without its port: of the target if that has one, else of
    /// the Host header (RFC 9112 section 3.2.2). Empty if the client names none.
    public var host: String {
        Authority.host(parsedTarget.authority ?? (first("host") ?? "")[...])
    }

    // MARK: Headers

    /// The value of the first header of this name, in whatever case, without white space around it. Octets that are
    /// not UTF-8 are U+FFFD in it.
    public func first(_ name: String) -> String? {
        headers.first(name: name)?.trimmingWhiteSpace()
    }

    /// The values of all headers of this name, in order.
    public func values(_ name: String) -> [String] {
        headers[name].map { $0.trimmingWhiteSpace() }
    }

    /// All headers, in order.
    public var fields: [(name: String, value: String)] {
        headers.map { ($0.name, $0.value.trimmingWhiteSpace()) }
    }
}
