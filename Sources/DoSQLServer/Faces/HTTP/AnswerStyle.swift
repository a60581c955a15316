import DoSQLHTTP
import DoSQLJSON
import DoSQLProtocol

/// In which form a client wants its answer, by Accept (`protocol/http.md`).
enum AnswerStyle {
    case json, lines, binary

    /// Messages of the binary protocol: in a request a body alone, in an answer whole frames.
    static let binaryType = "application/vnd.dosql"
    static let linesType = "application/x-ndjson"
    static let jsonType = "application/json"

    /// Its media type.
    var type: String {
        switch self {
        case .json: Self.jsonType
        case .lines: Self.linesType
        case .binary: Self.binaryType
        }
    }

    /// Writes an error that is the whole answer, and says of what type that is.
    func write(_ error: ErrorMessage, into writer: inout ByteWriter) -> String {
        guard self == .binary else {
            JSONAnswer.append(error, to: &writer)
            return Self.jsonType
        }
        error.encode(into: &writer)
        return Self.binaryType
    }
}

extension MediaType {
    /// Messages of the binary protocol (`protocol/http.md`).
    static let binary = MediaType("application", "vnd.dosql")
}
