import DoSQLHTTP
import DoSQLJSON
import DoSQLProtocol

/// What a request says of its operation beside its body (`protocol/http.md`, query and headers).
extension RequestHead {
    /// The form in which the client wants the answer of an endpoint.
    func answerStyle(of endpoint: Endpoint) -> AnswerStyle {
        guard first("accept") != nil else { return .json }
        let accept = accept
        if accept.names(.binary) { return .binary }
        switch endpoint {
        case .operation(.query), .inTransaction(_, .query): return accept.names(.ndjson) ? .lines : .json
        default: return .json
        }
    }

    /// Whether the body is a message of the binary protocol, and not JSON.
    func hasBinaryBody() throws(Refusal) -> Bool {
        guard values("content-encoding").allSatisfy({ $0.lowercased() == "identity" }) else { throw .encodedBody }
        guard first("content-type") != nil else { return false }
        guard let type = contentType else { throw .wrongType }
        if type.matches(.binary) { return true }
        guard type.matches(.json), type.charset == nil || type.charset == "utf-8" else { throw .wrongType }
        return false
    }

    /// What a request adds to its JSON.
    func requestOptions() throws(Refusal) -> RequestOptions {
        var options = RequestOptions(idempotencyKey: try idempotencyKey())
        if let bound = queryValue("rowsMax") {
            guard let rowsMax = UInt64(bound) else { throw .badRequest("rowsMax is a number, not '\(bound)'") }
            options.rowsMax = rowsMax
        }
        return options
    }

    /// The write's name, if the client gave one.
    func idempotencyKey() throws(Refusal) -> [UInt8]? {
        let keys = values("idempotency-key")
        guard let key = keys.first else { return nil }
        guard keys.count == 1 else { throw .badRequest("there is more than one Idempotency-Key") }
        guard key.utf8.count >= 1, key.utf8.count <= Limits.idempotencyKeyMax else {
            throw .badRequest("an idempotency key has 1 to \(Limits.idempotencyKeyMax) bytes")
        }
        return Array(key.utf8)
    }

    /// How rows are to be written.
    func resultStyle() throws(Refusal) -> ResultStyle {
        var style = ResultStyle()
        guard query != nil else { return style }
        if let rows = queryValue("rows") {
            guard let known = ResultStyle.Rows(rawValue: rows) else {
                throw .badRequest("rows is 'objects' or 'arrays', not '\(rows)'")
            }
            style.rows = known
        }
        if let integers = queryValue("ints") {
            guard let known = ResultStyle.Integers(rawValue: integers) else {
                throw .badRequest("ints is 'string', 'number' or 'tagged', not '\(integers)'")
            }
            style.integers = known
        }
        return style
    }
}
