/// What became of a request that is answered with ERROR (`protocol/errors.md`, ERROR).
public enum Execution: UInt8, CaseIterable, Hashable, Sendable {
    /// Nothing of it remains.
    case notExecuted = 0
    /// It was carried out.
    case executed = 1
    /// Nobody knows.
    case unknown = 2
}

/// ERROR (`protocol/errors.md`).
public struct ErrorMessage: Error, Hashable, Sendable {
    /// The bound that was met (`protocol/limits.md`).
    public struct MetLimit: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: UInt64

        /// A bound of these fields.
        public init(name: String, value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    /// Where in a script or a migration it went wrong.
    public struct StatementPlace: Hashable, Sendable {
        /// Which statement, from 0.
        public var index: UInt64
        /// The byte at which it begins.
        public var offset: UInt64

        /// A place of these fields.
        public init(index: UInt64, offset: UInt64) {
            self.index = index
            self.offset = offset
        }
    }

    /// The number of the code, which need not be one that this version knows.
    public var rawCode: UInt16
    /// The number of the category, which need not be one that this version knows.
    public var rawCategory: UInt8
    /// Whether the same request may succeed later.
    public var isRetryable: Bool
    /// What became of the request.
    public var execution: Execution
    /// Whether the connection closes.
    public var isFatal: Bool
    /// The stream's transaction now.
    public var transaction: TransactionState
    /// SQLite's extended result code, 0 if the error is not SQLite's.
    public var sqlite: Int32
    /// For people; SQLite's own words where it is SQLite's error.
    public var message: String
    /// The byte in the SQL text where it went wrong.
    public var offset: UInt64?
    /// The failing step of a batch.
    public var step: UInt64?
    /// Milliseconds after which another try makes sense.
    public var retryAfter: UInt64?
    /// The bound that was met.
    public var limit: MetLimit?
    /// The failing statement of a script or migration.
    public var statement: StatementPlace?
    /// The failing row of a load, from 0.
    public var row: UInt64?
    /// The failing migration.
    public var migration: String?
    /// The server's name for this request in its log.
    public var trace: String?
    /// The least id of a feed's rows that are still there.
    public var oldest: Int64?

    /// The code, if this version knows it.
    public var code: ErrorCode? { ErrorCode(rawValue: rawCode) }
    /// The category, if this version knows it.
    public var category: ErrorCategory? { ErrorCategory(rawValue: rawCategory) }

    /// An error of a known code, with the category and retryability of the registry unless told otherwise.
    public init(
        _ code: ErrorCode, _ message: String, isRetryable: Bool? = nil, execution: Execution = .notExecuted,
        isFatal: Bool = false, transaction: TransactionState = .none, sqlite: Int32 = 0, offset: UInt64? = nil,
        step: UInt64? = nil, retryAfter: UInt64? = nil, limit: MetLimit? = nil, statement: StatementPlace? = nil,
        row: UInt64? = nil, migration: String? = nil, trace: String? = nil, oldest: Int64? = nil
    ) {
        rawCode = code.rawValue
        rawCategory = code.category.rawValue
        self.isRetryable = isRetryable ?? code.isRetryable
        self.execution = execution
        self.isFatal = isFatal
        self.transaction = transaction
        self.sqlite = sqlite
        self.message = message
        self.offset = offset
        self.step = step
        self.retryAfter = retryAfter
        self.limit = limit
        self.statement = statement
        self.row = row
        self.migration = migration
        self.trace = trace
        self.oldest = oldest
    }

    /// The answer to bytes that are not a message.
    public init(_ error: DecodeError, transaction: TransactionState = .none) {
        self.init(error.errorCode, error.description, isFatal: error.isFatal, transaction: transaction)
    }
}

// MARK: - Bytes

extension ErrorMessage {
    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        rawCode = try reader.readU16()
        rawCategory = try reader.readU8()
        let flags = try reader.readU8()
        guard flags & 0xF0 == 0, let execution = Execution(rawValue: flags &>> 1 & 3) else { throw .reservedBits }
        isRetryable = flags & 1 != 0
        self.execution = execution
        isFatal = flags & 8 != 0
        transaction = try reader.readTransactionState()
        sqlite = try reader.readI32()
        message = try reader.readString()
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: offset = try option.varint()
            case 0x02: step = try option.varint()
            case 0x03: retryAfter = try option.varint()
            case 0x04:
                var content = ByteReader(option.bytes)
                limit = MetLimit(name: try content.readString(), value: try content.readVarint())
                try content.expectEnd()
            case 0x05:
                var content = ByteReader(option.bytes)
                statement = StatementPlace(index: try content.readVarint(), offset: try content.readVarint())
                try content.expectEnd()
            case 0x06: row = try option.varint()
            case 0x07: migration = try option.string()
            case 0x08: trace = try option.string()
            case 0x09: oldest = try option.rowID()
            default: try option.ignore()
            }
        }
    }

    /// Writes the body alone, as a failed step of a BATCH_RESULT holds it.
    public func encodeBody(into writer: inout ByteWriter) {
        writer.writeU16(rawCode)
        writer.writeU8(rawCategory)
        writer.writeU8((isRetryable ? 1 : 0) | execution.rawValue &<< 1 | (isFatal ? 8 : 0))
        writer.writeU8(transaction.rawValue)
        writer.writeI32(sqlite)
        writer.writeText(message)
        if let offset { writer.writeOption(0x01, varint: offset) }
        if let step { writer.writeOption(0x02, varint: step) }
        if let retryAfter { writer.writeOption(0x03, varint: retryAfter) }
        if let limit {
            var content = ByteWriter()
            content.writeText(limit.name)
            content.writeVarint(limit.value)
            writer.writeOption(0x04, bytes: content.bytes)
        }
        if let statement {
            var content = ByteWriter()
            content.writeVarint(statement.index)
            content.writeVarint(statement.offset)
            writer.writeOption(0x05, bytes: content.bytes)
        }
        if let row { writer.writeOption(0x06, varint: row) }
        if let migration { writer.writeOption(0x07, text: migration) }
        if let trace { writer.writeOption(0x08, text: trace) }
        if let oldest { writer.writeOption(0x09, varint: UInt64(oldest)) }
    }

    /// Writes a frame. An error about the connection stands on stream 0 with request 0.
    public func encode(into writer: inout ByteWriter, stream: UInt16 = 0, request: UInt32 = 0) {
        let frame = writer.beginFrame(.error, stream: stream, request: request)
        encodeBody(into: &writer)
        writer.endFrame(at: frame)
    }
}

extension ErrorMessage: CustomStringConvertible {
    /// The code's name and the message.
    public var description: String { "\(code?.name ?? String(rawCode)): \(message)" }
}
