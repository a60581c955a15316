/// Why a file of keys or of revoked tokens cannot be used, or be written: its path, and what is wrong in words.
public struct TokenFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: Reason

    /// What can be wrong.
    public enum Reason: Sendable, Hashable {
        /// The system refused, in its own words.
        case unreadable(String)
        /// It is a folder, a pipe or a device: what is read again on reload has to be a file.
        case notAFile
        /// More bytes than ``AccessLimits/fileBytesMax``.
        case tooLong
        /// Users of the machine who have no business with it may read or write it: its mode.
        case openToOthers(mode: Int)
        /// Not the JSON it should be: what was expected, and where.
        case syntax(String)
        /// A record of an API key is not right: its number from 1, and why.
        case record(Int, String)
        /// A line of the list of revoked tokens is not right: its number from 1, and why.
        case line(Int, String)
        /// Not a key of the algorithm it is for, and why.
        case key(String)
        /// The keys together cannot be told apart.
        case keys(String)
    }

    /// An error about a file.
    public init(path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// The path and the reason, on one line.
    public var description: String {
        switch reason {
        case .unreadable(let words): "\(path): \(words)"
        case .notAFile: "\(path) is not a regular file"
        case .tooLong: "\(path) has more than \(AccessLimits.fileBytesMax) bytes"
        case .openToOthers(let mode):
            "\(path) is open to every user of this machine (mode \(String(mode, radix: 8))): chmod 600 \(path)"
        case .syntax(let words): "\(path): \(words)"
        case .record(let number, let words): "\(path): key \(number): \(words)"
        case .line(let number, let words): "\(path):\(number): \(words)"
        case .key(let words): "\(path): \(words)"
        case .keys(let words): "\(path): \(words)"
        }
    }
}
