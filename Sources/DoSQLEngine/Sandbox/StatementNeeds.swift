/// What a statement does to a database, as far as whoever sends it needs a right for it: ``StatementAccess/needs``.
public struct StatementNeeds: OptionSet, Sendable, Hashable {
    /// One bit a need.
    public let rawValue: UInt8

    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It reads rows, or what the schema is.
    public static let read = StatementNeeds(rawValue: 1 << 0)
    /// It inserts, updates or deletes rows, or changes another value in the file.
    public static let write = StatementNeeds(rawValue: 1 << 1)
    /// It creates, alters or drops something that stays.
    public static let schema = StatementNeeds(rawValue: 1 << 2)
}

extension StatementNeeds {
    /// The needs of one statement, with the tables they are for.
    init(_ recorder: AccessRecorder, reads: Set<String>, writes: Set<String>, isReadOnly: Bool, isExplain: Bool) {
        self.init(rawValue: 0)
        if let pragma = recorder.pragma {
            self = PragmaRule(named: pragma).isRead(isSetting: recorder.pragmaArgument != nil) ? .read : .write
            return
        }
        // Who may begin a transaction may end it.
        if recorder.transactionControl != nil { return }
        if recorder.definesObjects { insert(.schema) }
        if recorder.definesTemporaryObjects { insert(.write) }
        if !reads.isEmpty { insert(.read) }
        if !writes.isEmpty || recorder.changesConnection { insert(.write) }
        // Whatever it is that changes something and was not told of.
        if !isReadOnly && !isExplain && isDisjoint(with: [.write, .schema]) { insert(.write) }
        // `SELECT 1` is no less a query than others.
        if isEmpty && recorder.selects { insert(.read) }
    }
}
