/// A file with certificates or a key that cannot be used.
public struct TLSFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Its path.
    public let file: String
    /// What is wrong with it, to follow its path.
    public let reason: String

    /// A file, and what is wrong with it.
    public init(_ file: String, _ reason: String) {
        self.file = file
        self.reason = reason
    }

    /// `FILE: REASON`.
    public var description: String { "\(file): \(reason)" }
}
