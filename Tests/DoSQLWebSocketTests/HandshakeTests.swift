import DoSQLWebSocket
import Testing

@Suite struct HandshakeTests {
    /// The request of RFC 6455, 1.3, with changes: nil takes a header away.
    static func request(
        _ changes: [String: [String]?] = [:], method: String = "GET", isHTTP10: Bool = false
    ) -> WebSocketRequest {
        var headers: [String: [String]] = [
            "upgrade": ["websocket"], "connection": ["Upgrade"], "sec-websocket-version": ["13"],
            "sec-websocket-key": ["dGhlIHNhbXBsZSBub25jZQ=="],
        ]
        for (name, values) in changes { headers[name] = values }
        let all = headers
        return WebSocketRequest(method: method, isHTTP10: isHTTP10) { all[$0] ?? [] }
    }

    static func agreement(
        _ changes: [String: [String]?] = [:], subprotocols: [String] = [], compression: Bool = true
    ) throws -> WebSocketAgreement {
        let answer = request(changes).handshake(
            subprotocols: subprotocols, compression: compression, codec: WebSocketCodec())
        guard case .accepted(let agreement) = answer else { throw Unexpected(answer: answer) }
        return agreement
    }

    struct Unexpected: Error { let answer: WebSocketHandshake }

    static func value(_ name: String, _ headers: [WebSocketHeader]) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    @Test func `the key of the RFC gets the answer of the RFC`() throws {
        let agreement = try Self.agreement()
        #expect(Self.value("Sec-WebSocket-Accept", agreement.headers) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(Self.value("Upgrade", agreement.headers)?.lowercased() == "websocket")
        #expect(Self.value("Connection", agreement.headers)?.lowercased() == "upgrade")
        #expect(agreement.headers.count == 3)
        #expect(agreement.variant == .plain)
        #expect(agreement.subprotocol == nil)
    }

    @Test func `headers are lists, in whatever case`() throws {
        _ = try Self.agreement(["upgrade": ["h2c, WebSocket"], "connection": ["keep-alive", " close , UPGRADE"]])
    }

    @Test func `a request that asks for no WebSocket is none`() {
        let codec = WebSocketCodec()
        #expect(Self.request(["upgrade": nil]).handshake(codec: codec) == .notUpgrade)
        #expect(Self.request(["upgrade": ["h2c"]]).handshake(codec: codec) == .notUpgrade)
        #expect(Self.request(isHTTP10: true).handshake(codec: codec) == .notUpgrade)
    }

    static let bad: [(String, [String: [String]?])] = [
        ("no Connection", ["connection": nil]), ("another Connection", ["connection": ["close"]]),
        ("no key", ["sec-websocket-key": nil]), ("a short key", ["sec-websocket-key": ["dGhlIHNhbXBsZQ=="]]),
        ("a key of other letters", ["sec-websocket-key": ["dGhlIHNhbXBsZSBub25jZ!=="]]),
        ("two keys", ["sec-websocket-key": ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]]),
        ("no version", ["sec-websocket-version": nil]),
        ("two versions", ["sec-websocket-version": ["13", "13"]]),
        ("extensions without a name", ["sec-websocket-extensions": ["; a"]]),
        ("extensions with an open quote", ["sec-websocket-extensions": ["a; b=\"c"]]),
        ("extensions with two names", ["sec-websocket-extensions": ["a b"]]),
    ]

    @Test(arguments: bad) func `a bad handshake is refused`(_ name: String, _ changes: [String: [String]?]) {
        guard case .refused(let refusal) = Self.request(changes).handshake(codec: WebSocketCodec()) else {
            Issue.record("\(name) was not refused")
            return
        }
        #expect(refusal.status == 400)
        #expect(!refusal.reason.isEmpty)
    }

    @Test func `another method is refused`() {
        guard case .refused(let refusal) = Self.request(method: "POST").handshake(codec: WebSocketCodec()) else {
            Issue.record("POST was not refused")
            return
        }
        #expect(refusal.status == 400)
    }

    @Test(arguments: ["12", "14", "8", "x"]) func `another version is told which one is spoken`(_ version: String) {
        let request = Self.request(["sec-websocket-version": [version]])
        guard case .refused(let refusal) = request.handshake(codec: WebSocketCodec()) else {
            Issue.record("version \(version) was not refused")
            return
        }
        #expect(refusal.status == 426)
        #expect(Self.value("Sec-WebSocket-Version", refusal.headers) == "13")
    }

    @Test func `the client's first subprotocol that is spoken here is chosen`() throws {
        let header: [String: [String]?] = ["sec-websocket-protocol": ["x, b", "a"]]
        let chosen = try Self.agreement(header, subprotocols: ["a", "b"])
        #expect(chosen.subprotocol == "b")
        #expect(Self.value("Sec-WebSocket-Protocol", chosen.headers) == "b")
        let none = try Self.agreement(header, subprotocols: ["c"])
        #expect(none.subprotocol == nil)
        #expect(Self.value("Sec-WebSocket-Protocol", none.headers) == nil)
    }

    static let offers: [(String, windowBits: Int?)] = [
        ("permessage-deflate", 15), ("permessage-deflate; client_max_window_bits", 15),
        ("permessage-deflate; client_max_window_bits=10; server_no_context_takeover", 15),
        ("permessage-deflate; server_max_window_bits=9", 9), ("permessage-deflate; server_max_window_bits=\"12\"", 12),
        ("permessage-deflate;server_max_window_bits=15", 15),
        ("permessage-deflate; server_max_window_bits=8", nil), ("permessage-deflate; server_max_window_bits=16", nil),
        ("permessage-deflate; server_max_window_bits=09", nil), ("permessage-deflate; server_max_window_bits", nil),
        ("permessage-deflate; client_max_window_bits=7", nil), ("permessage-deflate; unknown", nil),
        ("permessage-deflate; server_no_context_takeover=1", nil),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", nil),
        ("x-webkit-deflate-frame", nil), ("", nil), ("permessage-deflate; unknown, permessage-deflate", 15),
        ("x; y=\"z\", permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=11", 11),
    ]

    @Test(arguments: offers) func `an offer of compression is answered`(_ offer: String, windowBits: Int?) throws {
        let agreement = try Self.agreement(["sec-websocket-extensions": [offer]])
        let header = Self.value("Sec-WebSocket-Extensions", agreement.headers)
        guard let windowBits else {
            #expect(agreement.variant == .plain)
            #expect(header == nil)
            return
        }
        #expect(agreement.variant == .deflated(windowBits: windowBits))
        let parts = try #require(header).split(separator: ";").map { $0.drop { $0 == " " } }
        #expect(parts.prefix(3) == ["permessage-deflate", "server_no_context_takeover", "client_no_context_takeover"])
        let bound = offer.contains("server_max_window_bits") ? ["server_max_window_bits=\(windowBits)"] : []
        #expect(parts.dropFirst(3).map(String.init) == bound)
    }

    @Test func `compression that is not wanted is not agreed on`() throws {
        let agreement = try Self.agreement(["sec-websocket-extensions": ["permessage-deflate"]], compression: false)
        #expect(agreement.variant == .plain)
        #expect(Self.value("Sec-WebSocket-Extensions", agreement.headers) == nil)
    }
}
