/// Where a server is, and optionally which tenant and which token: `dosql://[token@]host[:port]/tenant`, `dosqls://…` with
/// TLS, or `dosql+unix:///path/to/socket?tenant=name`. See `protocol/handshake.md`, *URLs*.
public struct DoSQLURL: Hashable, Sendable {
    /// The server.
    public var endpoint: Endpoint
    /// The tenant, if the URL names one.
    public var tenant: String?
    /// The token, if the URL carries one.
    public var token: String?
    /// Whether the connection is secured by TLS: `dosqls://`.
    public var isSecure = false

    /// The port where a server listens unless told otherwise: D-S-Q-L on a telephone's keys.
    public static let defaultPort = 3775

    /// A server's address.
    public enum Endpoint: Hashable, Sendable {
        /// A name or address, and a TCP port.
        case host(String, port: Int = DoSQLURL.defaultPort)
        /// The path of a unix-domain socket.
        case unixSocket(path: String)
    }

    /// A URL of its parts.
    public init(endpoint: Endpoint, tenant: String? = nil, token: String? = nil, isSecure: Bool = false) {
        self.endpoint = endpoint
        self.tenant = tenant
        self.token = token
        self.isSecure = isSecure
    }

    /// Reads a URL.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/configuration`` and a message that says what is wrong. The
    ///   message never holds the token.
    public init(_ text: String) throws(DoSQLError) {
        guard let separator = text.firstRange(of: "://") else {
            throw Self.refused("it does not begin with dosql://, dosqls:// or dosql+unix://")
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "dosql": try self.init(network: rest)
        case "dosql+unix": try self.init(unix: rest)
        case "dosqls":
            try self.init(network: rest)
            isSecure = true
        default: throw Self.refused("its scheme is not dosql, dosqls or dosql+unix")
        }
    }

    private init(network text: Substring) throws(DoSQLError) {
        let pathStart = text.firstIndex(of: "/") ?? text.endIndex
        var authority = text[..<pathStart]
        let path = text[pathStart...].dropFirst()
        if path.contains("?") || path.contains("#") { throw Self.refused("it has a query or a fragment") }
        if let at = authority.lastIndex(of: "@") {
            token = try Self.decoded(authority[..<at], "token")
            authority = authority[authority.index(after: at)...]
        }
        let (host, portText) = try Self.split(authority)
        if host.isEmpty { throw Self.refused("it names no host") }
        var port = Self.defaultPort
        if let portText {
            guard let number = Int(portText), (1...65535).contains(number) else {
                throw Self.refused("its port \"\(portText)\" is not a number from 1 to 65535")
            }
            port = number
        }
        endpoint = .host(try Self.decoded(host, "host"), port: port)
        tenant = path.isEmpty ? nil : try Self.decoded(path, "tenant")
    }

    private init(unix text: Substring) throws(DoSQLError) {
        let queryStart = text.firstIndex(of: "?") ?? text.endIndex
        let path = text[..<queryStart]
        guard path.hasPrefix("/"), path.count > 1 else { throw Self.refused("it names no absolute path of a socket") }
        endpoint = .unixSocket(path: try Self.decoded(path, "path"))
        for item in text[queryStart...].dropFirst().split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? parts[1] : ""
            switch parts[0] {
            case "tenant": tenant = try Self.decoded(value, "tenant")
            case "token": token = try Self.decoded(value, "token")
            default: throw Self.refused("its query has \"\(parts[0])\"; only tenant and token mean something")
            }
        }
    }

    /// Host and port; an IPv6 address stands in brackets.
    private static func split(_ authority: Substring) throws(DoSQLError) -> (Substring, Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw refused("its IPv6 address has no closing bracket")
            }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.hasPrefix(":") else { throw refused("something other than a port follows its IPv6 address") }
            return (host, rest.dropFirst())
        }
        guard let colon = authority.lastIndex(of: ":") else { return (authority, nil) }
        if authority[..<colon].contains(":") { throw refused("an IPv6 address must stand in brackets") }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func refused(_ reason: String) -> DoSQLError {
        DoSQLError(.configuration, "this is not a DoSQL URL: \(reason)")
    }
}

// MARK: - Percent encoding

extension DoSQLURL {
    private static func decoded(_ text: Substring, _ part: String) throws(DoSQLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexadecimalDigit, let low = rest.popFirst()?.hexadecimalDigit else {
                throw refused("its \(part) has a % without two hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        guard let string = String(validating: bytes, as: UTF8.self) else { throw refused("its \(part) is not UTF-8") }
        return string
    }

    private static func encoded(_ text: String, keeping kept: String = "") -> String {
        var result = ""
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            let isPlain = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            if isPlain || kept.utf8.contains(byte) {
                result.append(character)
            } else {
                result += "%" + hexadecimal([byte]).uppercased()
            }
        }
        return result
    }
}

extension UInt8 {
    fileprivate var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}

extension DoSQLURL: CustomStringConvertible {
    /// The URL as text, token included: it can be read again.
    public var formatted: String { formatted(token: token) }

    /// The URL with its token hidden, for logs.
    public var description: String { formatted(token: token == nil ? nil : "***") }

    private func formatted(token: String?) -> String {
        switch endpoint {
        case .host(let host, let port):
            let name = host.contains(":") ? "[\(host)]" : Self.encoded(host)
            let user = token.map { ($0 == "***" ? $0 : Self.encoded($0)) + "@" } ?? ""
            return
                "\(isSecure ? "dosqls" : "dosql")://\(user)\(name)\(port == Self.defaultPort ? "" : ":\(port)")/\(Self.encoded(tenant ?? "", keeping: ":"))"
        case .unixSocket(let path):
            let items = [
                tenant.map { "tenant=" + Self.encoded($0, keeping: ":") },
                token.map { "token=" + Self.encoded($0, keeping: "*") },
            ]
            let query = items.compactMap { $0 }.joined(separator: "&")
            return "dosql+unix://" + Self.encoded(path, keeping: "/") + (query.isEmpty ? "" : "?" + query)
        }
    }
}
