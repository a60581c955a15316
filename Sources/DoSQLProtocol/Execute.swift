/// QUERY, QUERY_ONE or RUN as it lies in the bytes (`protocol/messages.md`, statements).
public struct Execute: ~Escapable {
    /// Which of the three it is.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// QUERY: all rows.
        case query
        /// QUERY_ONE: the first row or none.
        case queryOne
        /// RUN: no rows.
        case run

        /// The message's number.
        @inlinable
        public var type: MessageType {
            switch self {
            case .query: .query
            case .queryOne: .queryOne
            case .run: .run
            }
        }
    }

    /// Which of the three it is.
    public let kind: Kind
    /// What to carry out.
    public let statement: StatementReference
    /// With what.
    public let parameters: ParametersView
    /// Milliseconds from receipt after which it is given up.
    public let deadline: UInt64?
    /// Bytes of ROWS bodies that may be sent before the first CREDIT.
    public let credit: UInt64?
    /// How many rows are not too many.
    public let rowsMax: UInt64?
    /// The write's name.
    public let idempotencyKey: Span<UInt8>?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>, kind: Kind) throws(DecodeError) {
        var reader = ByteReader(body)
        self.kind = kind
        statement = try reader.readStatement()
        parameters = try reader.readParameters()
        var deadline: UInt64?
        var credit: UInt64?
        var rowsMax: UInt64?
        var idempotencyKey: Span<UInt8>?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: deadline = try option.varint()
            case 0x02 where kind == .query: credit = try option.varint()
            case 0x03 where kind == .query: rowsMax = try option.varint()
            case 0x84: idempotencyKey = try option.idempotencyKey()
            default: try option.ignore()
            }
        }
        self.deadline = deadline
        self.credit = credit
        self.rowsMax = rowsMax
        self.idempotencyKey = idempotencyKey
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, kind: Kind, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        statement: StatementSource, parameters: ParameterList = .none, deadline: UInt64? = nil,
        credit: UInt64? = nil, rowsMax: UInt64? = nil, idempotencyKey: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(kind.type, flags: flags, stream: stream, request: request)
        statement.encode(into: &writer)
        parameters.encode(into: &writer)
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        if let credit { writer.writeOption(0x02, varint: credit) }
        if let rowsMax { writer.writeOption(0x03, varint: rowsMax) }
        if let idempotencyKey { writer.writeOption(0x84, bytes: idempotencyKey) }
        writer.endFrame(at: frame)
    }
}

extension OptionView {
    /// What it says as an idempotency key (`protocol/transactions.md`, idempotency keys).
    @_lifetime(copy self)
    func idempotencyKey() throws(DecodeError) -> Span<UInt8> {
        guard bytes.count >= 1 else { throw .outOfRange }
        guard bytes.count <= Limits.idempotencyKeyMax else { throw .tooMany }
        return bytes
    }
}
