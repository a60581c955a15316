/// What the document says of the operations.
extension Operation {
    /// The statuses of what a tenant may answer, by the categories of errors.
    static let errors = [400, 403, 404, 409, 500, 504, 507]

    /// The operation by itself, or on the stream of a transaction.
    func described(inTransaction: Bool) -> OpenAPIOperation {
        var operation = inTransaction ? describedInTransaction : describedAlone
        if inTransaction { operation.parameters.insert("TransactionID", at: 0) }
        return operation
    }

    private var describedAlone: OpenAPIOperation {
        let keyed = parameters
        return OpenAPIOperation(
            id: rawValue, tag: "statements", summary: summary, parameters: keyed, body: schemas.body,
            takesBinary: true, example: example,
            answers: [.message("It is done.", schemas.answer, lines: self == .query)], errors: Self.errors)
    }

    private var describedInTransaction: OpenAPIOperation {
        let name = rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        return OpenAPIOperation(
            id: "transaction\(name)", tag: "transactions", summary: summary, parameters: parameters,
            body: schemas.body, takesBinary: true, example: example,
            answers: [.message("It is done.", schemas.answer, lines: self == .query)], errors: Self.errors)
    }

    private var summary: String {
        switch self {
        case .query: "All rows of a statement."
        case .queryOne: "The first row of a statement, or null."
        case .run: "Carries a statement out, and tells what it changed."
        case .batch: "Statements with conditions, references and assertions, as one transaction."
        case .script: "A text of several statements."
        case .migrate: "Brings the tenant to these migrations."
        case .transaction: "Statements that all succeed or leave nothing."
        case .savepoint: "Sets a savepoint."
        case .release: "Forgets a savepoint, and keeps what came behind it."
        case .rollbackTo: "Undoes what came behind a savepoint."
        case .commit: "Ends the transaction and makes it durable."
        case .rollback: "Ends the transaction and undoes it."
        case .publish: "Publishes a row of a feed."
        }
    }

    /// Names of component parameters.
    private var parameters: [String] {
        switch self {
        case .query: ["Rows", "Integers", "RowsMax", "IdempotencyKey"]
        case .queryOne, .run, .batch, .transaction, .script: ["Rows", "Integers", "IdempotencyKey"]
        case .commit, .publish: ["IdempotencyKey"]
        case .migrate, .savepoint, .release, .rollbackTo, .rollback: []
        }
    }

    /// Names of component schemas.
    private var schemas: (body: String?, answer: String) {
        switch self {
        case .query: ("StatementRequest", "QueryAnswer")
        case .queryOne: ("StatementRequest", "QueryOneAnswer")
        case .run: ("StatementRequest", "RunAnswer")
        case .batch: ("BatchRequest", "BatchAnswer")
        case .script: ("ScriptRequest", "ScriptAnswer")
        case .migrate: ("MigrateRequest", "MigrateAnswer")
        case .transaction: ("OperationsRequest", "OperationsAnswer")
        case .savepoint, .release, .rollbackTo: ("SavepointRequest", "OKAnswer")
        case .commit, .rollback: (nil, "OKAnswer")
        case .publish: ("EventRequest", "PublishAnswer")
        }
    }

    /// A body that works on an empty database.
    private var example: String? {
        switch self {
        case .query: #"{"sql":"SELECT ?1 AS n, x'00ff' AS bytes, 9007199254740993 AS big","params":[1.5]}"#
        case .queryOne: #"{"sql":"SELECT :name AS name","params":{"name":"Ann"}}"#
        case .run: #"{"sql":"CREATE TABLE IF NOT EXISTS users(id INTEGER PRIMARY KEY, name TEXT)"}"#
        case .batch:
            """
            {"steps":[{"sql":"SELECT 7 AS n","want":"first"},\
            {"sql":"SELECT ?1 + 1","params":[{"$ref":{"step":0,"column":0}}],"want":"all","if":{"ran":0}}]}
            """
        case .script: #"{"sql":"CREATE TABLE IF NOT EXISTS a(x); CREATE TABLE IF NOT EXISTS b(y);"}"#
        case .migrate: #"{"migrations":[{"id":"001_notes","sql":"CREATE TABLE notes(text TEXT)"}]}"#
        case .transaction:
            """
            {"operations":[{"type":"run","sql":"CREATE TABLE IF NOT EXISTS c(x)"},\
            {"type":"query","sql":"SELECT count(*) AS n FROM c"}]}
            """
        case .savepoint, .release, .rollbackTo: #"{"name":"before"}"#
        case .commit, .rollback, .publish: nil
        }
    }
}
