public import DoSQLServer
import FoundationEssentials
public import Logging
import Synchronization

/// A log whose lines a test can look at, written as `dosql serve --log-format json` writes them.
public final class TestLog: Sendable {
    private final class Lines: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    /// A line's object.
    public struct Line: Decodable, Sendable {
        /// A value beside the message, as text; a list's lines one below the other.
        public struct Value: Decodable, Sendable {
            /// The text.
            public let text: String

            /// Reads a string, a number or a list of strings.
            public init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self.text = text
                } else if let number = try? container.decode(Int64.self) {
                    text = String(number)
                } else {
                    text = try container.decode([String].self).joined(separator: "\n")
                }
            }
        }

        /// RFC 3339, in UTC.
        public let time: String
        /// `notice`.
        public let level: String
        /// What has happened.
        public let message: String
        /// What stands beside it.
        public let metadata: [String: Value]?

        /// One of the values; empty if it is not there.
        public subscript(name: String) -> String { metadata?[name]?.text ?? "" }
    }

    private let lines = Lines()
    private let writer: LogWriter
    /// From which level on it takes lines.
    public let threshold: LogThreshold
    /// What a server logs to.
    public let logger: Logger

    /// A log without lines.
    public init(_ level: Logger.Level = .debug) throws {
        let lines = lines
        let writer = try LogWriter(.json) { bytes in lines.bytes.withLock { $0 += bytes } }
        let threshold = LogThreshold(level)
        self.writer = writer
        self.threshold = threshold
        logger = Logger(label: "dosql-tests") { _ in LineLogHandler(.json, from: threshold, to: writer) }
    }

    deinit { writer.close() }

    /// Takes no more lines, and has those that it was given.
    public func close() { writer.close() }

    /// Everything that was written so far.
    public var text: String { String(decoding: lines.bytes.withLock { $0 }, as: UTF8.self) }

    /// The lines so far.
    public func all() throws -> [Line] {
        let bytes = lines.bytes.withLock { $0 }
        return try bytes.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Line.self, from: Data($0))
        }
    }

    /// Waits for a line that is wanted.
    public func line(where isWanted: (Line) -> Bool) throws -> Line {
        var found: Line?
        guard
            try Deadline.poll(
                for: .seconds(60),
                {
                    found = try all().first(where: isWanted)
                    return found != nil
                }), let found
        else { throw TestSupportError("the log has no such line: \(text)") }
        return found
    }
}
