/// What the handshake needs to know of an HTTP request.
public struct WebSocketRequest {
    private let method: String
    private let isHTTP10: Bool
    private let values: (String) -> [String]

    /// `isHTTP10`: whether it is older than HTTP/1.1. `values`: gives the values of all header lines of a name, in
    /// their order; it is asked with the name in lower case.
    public init(method: String, isHTTP10: Bool, values: @escaping (String) -> [String]) {
        self.method = method
        self.isHTTP10 = isHTTP10
        self.values = values
    }

    /// Decides. `subprotocols`: what is spoken here; the client's first choice among them is taken. `compression`:
    /// whether permessage-deflate may be agreed on.
    public func handshake(
        subprotocols: [String] = [], compression: Bool = true, codec: WebSocketCodec
    ) -> WebSocketHandshake {
        // An old proxy may have passed the header on without meaning it (RFC 9110, 7.8).
        guard !isHTTP10, tokens("upgrade").contains(where: { $0.lowercased() == "websocket" }) else {
            return .notUpgrade
        }
        guard method == "GET" else { return refuse("a WebSocket is asked for with GET") }
        guard tokens("connection").contains(where: { $0.lowercased() == "upgrade" }) else {
            return refuse("the Connection header has no upgrade")
        }
        guard let version = only("sec-websocket-version") else {
            return refuse("one Sec-WebSocket-Version header is needed")
        }
        guard version == "13" else {
            let spoken = WebSocketHeader(name: "Sec-WebSocket-Version", value: "13")
            return .refused(
                WebSocketRefusal(status: 426, reason: "only version 13 of WebSocket is spoken here", headers: [spoken]))
        }
        guard let key = only("sec-websocket-key"), Self.isKey(key) else {
            return refuse("Sec-WebSocket-Key is not the base64 of 16 bytes")
        }
        guard let offers = ExtensionOffer.parse(values("sec-websocket-extensions")) else {
            return refuse("Sec-WebSocket-Extensions cannot be read")
        }
        guard let headers = codec.upgradeHeaders(key: key) else { return refuse("the handshake cannot be read") }
        return accept(
            headers, subprotocol: tokens("sec-websocket-protocol").first { subprotocols.contains($0) },
            deflate: compression ? offers.lazy.compactMap(DeflateAgreement.init).first : nil)
    }

    private func accept(
        _ headers: [WebSocketHeader], subprotocol: String?, deflate: DeflateAgreement?
    ) -> WebSocketHandshake {
        var headers = headers
        if let subprotocol { headers.append(WebSocketHeader(name: "Sec-WebSocket-Protocol", value: subprotocol)) }
        if let deflate { headers.append(WebSocketHeader(name: "Sec-WebSocket-Extensions", value: deflate.headerValue)) }
        return .accepted(
            WebSocketAgreement(subprotocol: subprotocol, variant: deflate?.variant ?? .plain, headers: headers))
    }

    private func refuse(_ reason: String) -> WebSocketHandshake {
        .refused(WebSocketRefusal(status: 400, reason: reason, headers: []))
    }

    /// The elements of a list header, over all its lines.
    private func tokens(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }.map { String($0.trimmed) }.filter { !$0.isEmpty }
    }

    /// The value of a header that must stand there once.
    private func only(_ name: String) -> String? {
        let lines = values(name)
        return lines.count == 1 ? String(lines[0][...].trimmed) : nil
    }

    /// Base64 of 16 bytes: 22 characters of its alphabet and the padding (RFC 4648, section 4).
    private static func isKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes[22...].allSatisfy { $0 == UInt8(ascii: "=") }
            && bytes[..<22].allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}

extension Substring {
    /// Without the white space that HTTP allows around values (RFC 9110, 5.6.3).
    var trimmed: Substring {
        var rest = self
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }
}
