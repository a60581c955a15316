/// What a statement's parameters are bound to (`protocol/values.md`, *Parameters*).
enum StatementParameters: Sendable {
    case positional([Value])
    case named([(name: String, value: Value)])

    enum Value: Sendable {
        case value(DoSQLValue)
        /// Only inside a batch.
        case reference(Batch.Reference)
    }

    /// Whether a value refers to another step, which only a batch has.
    var hasReferences: Bool {
        switch self {
        case .positional(let values): values.contains { $0.isReference }
        case .named(let values): values.contains { $0.value.isReference }
        }
    }
}

extension StatementParameters.Value {
    var isReference: Bool {
        if case .reference = self { true } else { false }
    }
}
