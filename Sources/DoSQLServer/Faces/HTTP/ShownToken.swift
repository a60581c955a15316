import DoSQLAccess
import DoSQLHTTP
import FoundationEssentials

/// The token that a request shows (`protocol/authentication.md`, showing a token).
enum ShownToken {
    case none
    case one([UInt8])
    /// There is something that should be a token, and is none, or not one only: why, as a sentence.
    case faulty(String)

    /// The beginning of the subprotocol with which a browser, whose WebSockets have no headers, shows a token.
    static let subprotocolPrefix = "dosql.bearer."
    private static let scheme = "bearer "

    /// - Parameter isUpgrade: whether it may be among the subprotocols.
    init(_ head: RequestHead, isUpgrade: Bool) {
        var shown: [UInt8]?
        let headers = head.values("authorization")
        guard headers.count <= 1 else {
            self = .faulty("there is more than one Authorization header")
            return
        }
        if let header = headers.first {
            guard header.utf8.count >= Self.scheme.utf8.count,
                header.prefix(Self.scheme.utf8.count).lowercased() == Self.scheme
            else {
                self = .faulty("an Authorization header is 'Bearer' and a token")
                return
            }
            shown = Array(header.utf8.dropFirst(Self.scheme.utf8.count).drop { $0 == UInt8(ascii: " ") })
        }
        if isUpgrade {
            for subprotocol in Self.subprotocols(of: head) where subprotocol.hasPrefix(Self.subprotocolPrefix) {
                guard let token = Self.decoded(subprotocol.dropFirst(Self.subprotocolPrefix.count)) else {
                    self = .faulty("\(Self.subprotocolPrefix) is followed by a token in base64url without padding")
                    return
                }
                guard shown == nil || shown == token else {
                    self = .faulty("two tokens are shown, and they differ")
                    return
                }
                shown = token
            }
        }
        self = shown.map { .one($0) } ?? .none
    }

    private static func subprotocols(of head: RequestHead) -> [String] {
        head.values("sec-websocket-protocol").flatMap { $0.split(separator: ",") }.map { element in
            String(element.filter { $0 != " " && $0 != "\t" })
        }
    }

    /// Base64url in its one right form (RFC 4648, section 5).
    private static func decoded(_ text: Substring) -> [UInt8]? {
        var base64 = ""
        for character in text {
            switch character {
            case "-": base64.append("+")
            case "_": base64.append("/")
            case "+", "/", "=": return nil
            default: base64.append(character)
            }
        }
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), data.base64EncodedString() == base64 else { return nil }
        return Array(data)
    }
}
