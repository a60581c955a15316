extension DecodingError {
    /// Where the JSON is not as wanted, as `items.0.quantity`, and what is wanted there. No path: it is the whole.
    var problem: (path: String, message: String) {
        switch self {
        case .keyNotFound(let key, let context): (Self.text(of: context.codingPath + [key]), "is missing")
        case .valueNotFound(let type, let context): (Self.text(of: context.codingPath), "expected \(type), not null")
        case .typeMismatch(let type, let context): (Self.text(of: context.codingPath), "expected \(type)")
        case .dataCorrupted(let context): (Self.text(of: context.codingPath), context.debugDescription)
        @unknown default: ("", "not as it should be")
        }
    }

    private static func text(of path: [any CodingKey]) -> String {
        path.map { key in key.intValue.map { String($0) } ?? key.stringValue }.joined(separator: ".")
    }
}
