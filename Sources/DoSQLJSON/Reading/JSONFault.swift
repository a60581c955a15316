public import DoSQLProtocol

/// Why a text is not JSON, or not the request it should be (`protocol/json.md`, faults).
public struct JSONFault: Error, Hashable, Sendable {
    /// The code of the answer: MALFORMED, unless the registry has a more exact one (`protocol/errors.md`, registry).
    public var code: ErrorCode
    /// Which part of the request is meant, such as `steps[2].params[0]`; empty for all of it.
    public var path: String
    /// What is wrong, for people.
    public var sentence: String
    /// The byte of the text, from 0, at which it was noticed; nil where `path` says it better.
    public var offset: Int?

    /// A fault of these fields.
    public init(_ sentence: String, code: ErrorCode = .malformed, path: String = "", offset: Int? = nil) {
        self.code = code
        self.path = path
        self.sentence = sentence
        self.offset = offset
    }

    /// The text of the error: where, and what.
    public var message: String {
        let place = path.isEmpty ? "" : path + ": "
        let byte = offset.map { " (at byte \($0))" } ?? ""
        return place + sentence + byte
    }

    /// The fault as ERROR.
    public var error: ErrorMessage { ErrorMessage(code, message) }

    /// The same fault in a part of something that is called `name`.
    func inside(_ name: String) -> JSONFault {
        var fault = self
        let isJoined = path.isEmpty || path.utf8.first == UInt8(ascii: "[")
        fault.path = isJoined ? name + path : name + "." + path
        return fault
    }

    /// The same fault in an element of a list.
    func inside(element index: Int) -> JSONFault { inside("[\(index)]") }
}

extension JSONFault: CustomStringConvertible {
    /// What the error says.
    public var description: String { message }
}
