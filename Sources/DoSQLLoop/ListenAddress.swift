/// Where to listen: `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`.
public enum ListenAddress: Hashable, Sendable {
    /// A TCP port of one of this machine's addresses. Port 0 lets the system choose.
    case tcp(host: String, port: UInt16)
    /// A unix-domain socket file.
    case unix(path: String)

    /// The longest path that fits into a `sockaddr_un`.
    public static let pathSizeMax = 107

    /// Reads an address as an operator writes it.
    public init(parsing text: String) throws(ListenAddressError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty else { throw .emptyPath }
            guard !path.utf8.contains(0) else { throw .pathContainsNul }
            guard path.utf8.count <= Self.pathSizeMax else {
                throw .pathTooLong(size: path.utf8.count, limit: Self.pathSizeMax)
            }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw .noPort(text) }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { throw .noPort(text) }
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw .notIPv6(String(host)) }
        } else if host.contains(":") {
            throw .bareIPv6(text)
        }
        guard !host.isEmpty else { throw .noHost(text) }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { throw .noHost(text) }
        // `UInt16("+1")` is a number to Swift and a typing error to us.
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw .badPort(String(digits))
        }
        self = .tcp(host: String(host), port: port)
    }
}

extension ListenAddress {
    /// Whether only this machine reaches it: a loopback address (127.0.0.0/8, RFC 1122, 3.2.1.3; `::1`, RFC 4291,
    /// 2.5.3), `localhost` (RFC 6761, 6.3), or a unix-domain socket, whose file only its owner may open.
    ///
    /// Other names are not looked up, and other spellings of those addresses not understood: they count as reachable.
    public var isLocal: Bool {
        switch self {
        case .unix: return true
        case .tcp(let host, _):
            if host == "::1" || host.lowercased() == "localhost" { return true }
            let parts = host.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4 && parts[0] == "127"
                && parts.allSatisfy { part in UInt8(part).map { "\($0)" == part } ?? false }
        }
    }
}

extension ListenAddress: CustomStringConvertible {
    /// The form that `init(parsing:)` reads.
    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
