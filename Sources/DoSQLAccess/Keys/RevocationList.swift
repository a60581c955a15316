/// A list of tokens that are good no more: on each line the id of one, a JWT's `jti` or an API key's; `#` begins a
/// comment, which runs to the end of the line, and empty lines mean nothing (`protocol/authentication.md`, Revocation).
public struct RevocationList: Sendable, Hashable {
    /// The ids.
    public private(set) var ids: Set<String>

    /// A list of nothing.
    public init() {
        ids = []
    }

    /// Reads a file. It must not be open to every user of the machine.
    public init(path: String) throws(TokenFileError) {
        try self.init(try FileContents(path: path, .published).bytes, path: path)
    }

    /// Reads a text; the path is for errors.
    init(_ bytes: [UInt8], path: String) throws(TokenFileError) {
        ids = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != UInt8(ascii: "#") }.filter { $0 != UInt8(ascii: "\r") }
            let words = content.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let word = words.first else { continue }
            guard words.count == 1, let id = String(validating: word, as: UTF8.self), Self.isID(id) else {
                throw TokenFileError(path: path, .line(number + 1, "a line has one id, without spaces, in UTF-8"))
            }
            ids.insert(id)
        }
    }

    /// Whether a text can stand on a line of the list: 1–256 bytes, no space, no control character, no `#`.
    public static func isID(_ text: String) -> Bool {
        text.utf8.count >= 1 && text.utf8.count <= AccessLimits.idBytesMax
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
    }
}
