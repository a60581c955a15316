/// The state of a stream's transaction (`protocol/values.md`, outcome).
public enum TransactionState: UInt8, CaseIterable, Hashable, Sendable {
    /// There is none.
    case none = 0
    /// A read transaction.
    case read = 1
    /// A write transaction.
    case write = 2
    /// SQLite undid it; only ROLLBACK is possible.
    case aborted = 3
}

/// How every successful terminal answer to a statement ends (`protocol/values.md`, outcome).
public struct Outcome: Hashable, Sendable {
    /// This is the stored answer of an earlier request with the same key.
    public var replayed: Bool
    /// This request changed the database, and `lsn` is its own.
    public var changed: Bool
    /// The stream's transaction after this request.
    public var transaction: TransactionState
    /// Rows inserted, updated or deleted by the statement itself.
    public var changes: UInt64
    /// The rowid of the last row this request inserted.
    public var lastInsertRowid: Int64
    /// The change's own number, or the newest one this answer has seen.
    public var lsn: UInt64

    /// An outcome of these fields.
    @inlinable
    public init(
        replayed: Bool = false, changed: Bool = false, transaction: TransactionState = .none, changes: UInt64 = 0,
        lastInsertRowid: Int64 = 0, lsn: UInt64 = 0
    ) {
        self.replayed = replayed
        self.changed = changed
        self.transaction = transaction
        self.changes = changes
        self.lastInsertRowid = lastInsertRowid
        self.lsn = lsn
    }

    /// Writes the outcome.
    @inlinable
    public func encode(into writer: inout ByteWriter) {
        let rowid = UInt64(bitPattern: (lastInsertRowid &<< 1) ^ (lastInsertRowid &>> 63))
        // Two bytes and three varints.
        writer.bytes.append(addingCapacity: 32) { output in
            output.append((replayed ? 1 : 0) | (changed ? 2 : 0))
            output.append(transaction.rawValue)
            output.appendVarint(changes)
            output.appendVarint(rowid)
            output.appendVarint(lsn)
        }
    }
}

extension ByteReader {
    /// Reads an outcome.
    @_lifetime(self: copy self)
    public mutating func readOutcome() throws(DecodeError) -> Outcome {
        let flags = try readU8()
        guard flags & ~3 == 0 else { throw .reservedBits }
        return Outcome(
            replayed: flags & 1 != 0, changed: flags & 2 != 0, transaction: try readTransactionState(),
            changes: try readVarint(), lastInsertRowid: try readZigzag(), lsn: try readVarint())
    }

    /// Reads the state of a stream's transaction.
    @_lifetime(self: copy self)
    mutating func readTransactionState() throws(DecodeError) -> TransactionState {
        let byte = try readU8()
        guard let state = TransactionState(rawValue: byte) else { throw .badTag(byte) }
        return state
    }
}
