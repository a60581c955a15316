import DoSQLJSON
import DoSQLProtocol

extension Operation {
    /// Translates its JSON into the body of its message. Gives what the operations of a guide's transaction are.
    func encode(
        _ json: Span<UInt8>, options: RequestOptions, into writer: inout ByteWriter
    ) throws(JSONFault) -> [Execute.Kind] {
        switch self {
        case .query: try StatementRequest.encode(json, kind: .query, options: options, into: &writer)
        case .queryOne: try StatementRequest.encode(json, kind: .queryOne, options: options, into: &writer)
        case .run: try StatementRequest.encode(json, kind: .run, options: options, into: &writer)
        case .transaction: return try OperationsRequest.encode(json, options: options, into: &writer)
        case .batch: try BatchRequest.encode(json, options: options, into: &writer)
        case .script: try ScriptRequest.encode(json, options: options, into: &writer)
        case .migrate: try MigrateRequest.encode(json, into: &writer)
        case .savepoint, .release, .rollbackTo: try TransactionRequest.encodeSavepoint(json, into: &writer)
        case .commit: try TransactionRequest.encodeCommit(options: options, into: &writer)
        case .rollback, .publish: break
        }
        return []
    }
}
