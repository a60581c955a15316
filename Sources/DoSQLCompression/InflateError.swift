/// Why compressed bytes were refused.
public enum InflateError: Error, Hashable, Sendable {
    /// They stand for more than `max` bytes. Told as soon as one byte more than that comes out.
    case outputTooLarge(max: Int)
    /// They are not what the format asks for: a bad block, a wrong checksum, bytes behind the end that begin nothing.
    case corrupt
    /// They ended before the stream did.
    case truncated
}

extension InflateError: CustomStringConvertible {
    /// The sentence for people.
    public var description: String {
        switch self {
        case .outputTooLarge(let max): "The compressed bytes stand for more than \(max) bytes"
        case .corrupt: "The compressed bytes are damaged"
        case .truncated: "The compressed bytes end too early"
        }
    }
}
