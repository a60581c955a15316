/// A JSON text, read (RFC 8259). Each object has each member once: the parser refuses others.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The text of a string; nil for everything else.
    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The elements of a list; nil for everything else.
    var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object; nil for everything else.
    var object: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }
}
