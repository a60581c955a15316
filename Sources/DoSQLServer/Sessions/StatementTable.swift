import DoSQLEngine
import DoSQLProtocol

/// The statement numbers of a connection: what each stands for. A copy costs a reference.
struct StatementTable: Sendable {
    private(set) var texts: [UInt32: SQLText] = [:]
    private(set) var bytes = 0

    /// The text of a number.
    subscript(id: UInt32) -> SQLText? { texts[id] }

    /// Binds a number anew; false if the connection's bounds do not allow it.
    mutating func bind(_ id: UInt32, to text: SQLText) -> Bool {
        let freed = texts[id]?.utf8.count ?? 0
        guard texts.count < Limits.statementsMax || texts[id] != nil,
            bytes - freed + text.utf8.count <= Limits.statementBytesMax
        else {
            return false
        }
        bytes += text.utf8.count - freed
        texts[id] = text
        return true
    }

    /// Frees a number.
    mutating func free(_ id: UInt32) {
        if let text = texts.removeValue(forKey: id) { bytes -= text.utf8.count }
    }
}
