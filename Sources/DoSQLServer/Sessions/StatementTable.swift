import DoSQLEngine
import DoSQLProtocol

/// The statement numbers of a connection: what each stands for. A copy costs a reference.
struct StatementTable: Sendable {
    /// Numbers below this one, which clients give out first, stand in an array.
    private static let lowMax: UInt32 = 256

    private var low: [SQLText?] = []
    private var high: [UInt32: SQLText] = [:]
    private(set) var count = 0
    private(set) var bytes = 0

    /// The text of a number.
    subscript(id: UInt32) -> SQLText? {
        if id < low.count { return low[Int(id)] }
        return high.isEmpty ? nil : high[id]
    }

    /// Binds a number anew; false if the connection's bounds do not allow it.
    mutating func bind(_ id: UInt32, to text: SQLText) -> Bool {
        let former = self[id]
        let freed = former?.utf8.count ?? 0
        guard count < Limits.statementsMax || former != nil,
            bytes - freed + text.utf8.count <= Limits.statementBytesMax
        else {
            return false
        }
        if former == nil { count += 1 }
        bytes += text.utf8.count - freed
        set(id, text)
        return true
    }

    /// Frees a number.
    mutating func free(_ id: UInt32) {
        guard let text = self[id] else { return }
        count -= 1
        bytes -= text.utf8.count
        set(id, nil)
    }

    private mutating func set(_ id: UInt32, _ text: SQLText?) {
        guard id < Self.lowMax else { return high[id] = text }
        while low.count <= Int(id) { low.append(nil) }
        low[Int(id)] = text
    }
}
