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
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
        {
            let content = line.prefix { $0 != UInt8(ascii: "#") }.filter { $0 != UInt8(ascii: "\r") }
            let words = content.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let word = words.first else { continue }
            guard words.count == 1, let id = String(validating: word, as: UTF8.self), Self.isID(id) else {
                throw TokenFileError(path: path, .line(number + 1, "a line has one id, without spaces, in UTF-8"))
            }
            ids.insert(id)
        }
    }

    /// The text of a file with more ids behind what it holds, comments and all; those that are in it are not added again.
    /// - Parameters:
    ///   - ids: the ids, each of which ``isID(_:)``.
    ///   - bytes: the file's bytes; none for a new file.
    ///   - path: the file, for errors.
    /// - Throws: what is wrong with the file as it is.
    public static func adding(
        _ ids: [String], to bytes: [UInt8], path: String
    ) throws(TokenFileError) -> [UInt8] {
        var present = try RevocationList(bytes, path: path).ids
        var result = bytes
        for id in ids where isID(id) && present.insert(id).inserted {
            if let last = result.last, last != UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
            result += Array("\(id)\n".utf8)
        }
        return result
    }

    /// Whether a text can stand on a line of the list: 1–256 bytes, no space, no control character, no `#`.
    public static func isID(_ text: String) -> Bool {
        text.utf8.count >= 1 && text.utf8.count <= AccessLimits.idBytesMax
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }
    }
}
