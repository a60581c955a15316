/// Why a text is no address to listen on, in words for whoever wrote it.
public enum ListenAddressError: Error, Hashable, Sendable {
    /// There is no `:PORT`.
    case noPort(String)
    /// There is nothing usable before the port.
    case noHost(String)
    /// The port is not a number from 0 to 65535.
    case badPort(String)
    /// An IPv6 address without brackets: its last group could be the port.
    case bareIPv6(String)
    /// Brackets around something that is not an IPv6 address.
    case notIPv6(String)
    /// `unix:` and nothing after it.
    case emptyPath
    /// The path does not fit into a socket address.
    case pathTooLong(size: Int, limit: Int)
    /// The path has a zero byte, which the system would take for its end.
    case pathContainsNul
}

extension ListenAddressError: CustomStringConvertible {
    /// One sentence, with an example of what is right.
    public var description: String {
        switch self {
        case .noPort(let text): "'\(text)' has no port: write HOST:PORT, for example 127.0.0.1:3775"
        case .noHost(let text): "'\(text)' has no host: write 127.0.0.1:PORT, or 0.0.0.0:PORT for every address"
        case .badPort(let text): "'\(text)' is not a port: it is a number from 0 to 65535"
        case .bareIPv6(let text): "'\(text)' is ambiguous: write an IPv6 address in brackets, for example [::1]:3775"
        case .notIPv6(let text): "'[\(text)]' is not an IPv6 address: brackets are only for those"
        case .emptyPath: "'unix:' has no path: write unix:/run/dosql.sock"
        case .pathTooLong(let size, let limit): "the socket path has \(size) bytes and may have \(limit)"
        case .pathContainsNul: "the socket path contains a zero byte"
        }
    }
}
