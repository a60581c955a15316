/// BATCH_RESULT as it lies in the bytes, checked as a whole (`protocol/batches.md`, BATCH_RESULT).
///
/// A server writes it piecewise: `beginFrame(.batchResult, …)`, `writeVarint(count)`, for each step one of
/// `writeStepDone…`, `writeStepFailed` and `writeStepSkipped`, the outcome, `endFrame`.
public struct BatchResult: ~Escapable {
    /// How many steps there are.
    public let count: Int
    /// The sum of the changes, and the last rowid.
    public let outcome: Outcome
    let bytes: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        count = try reader.readCount()
        let start = reader.offset
        for _ in 0..<count { _ = try reader.readStepResult() }
        bytes = reader.slice(start..<reader.offset)
        outcome = try reader.readOutcome()
        try reader.ignoreOptions()
    }

    /// Walks the steps in their order.
    @_lifetime(copy self)
    public func makeReader() -> StepResultReader { StepResultReader(reader: ByteReader(bytes), left: count) }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, steps: [StepResult], outcome: Outcome
    ) {
        let frame = writer.beginFrame(.batchResult, stream: stream, request: request)
        writer.writeVarint(steps.count)
        for step in steps { step.encode(into: &writer) }
        outcome.encode(into: &writer)
        writer.endFrame(at: frame)
    }
}

/// What became of a step, as it lies in the bytes (`protocol/batches.md`, BATCH_RESULT).
public enum StepResultView: ~Escapable {
    /// It ran.
    case done(columns: ColumnsView, rows: RowsView, changes: UInt64, lastInsertRowid: Int64)
    /// It failed.
    case failed(ErrorMessage)
    /// It was skipped.
    case skipped
}

/// The same, owned (`protocol/batches.md`, BATCH_RESULT).
public enum StepResult: Hashable, Sendable {
    /// It ran.
    case done(columns: [String], rows: [[Value]], changes: UInt64, lastInsertRowid: Int64)
    /// It failed.
    case failed(ErrorMessage)
    /// It was skipped.
    case skipped

    /// Copies what a view shows.
    public init(_ view: borrowing StepResultView) throws(DecodeError) {
        switch view {
        case .done(let columns, let rows, let changes, let lastInsertRowid):
            self = .done(
                columns: try columns.copy(), rows: try rows.copy(), changes: changes, lastInsertRowid: lastInsertRowid)
        case .failed(let error): self = .failed(error)
        case .skipped: self = .skipped
        }
    }

    /// Writes the step's part of a BATCH_RESULT.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .done(let columns, let rows, let changes, let lastInsertRowid):
            writer.writeStepDone()
            writer.writeColumns(columns)
            writer.writeRows(rows)
            writer.writeStepEnd(changes: changes, lastInsertRowid: lastInsertRowid)
        case .failed(let error): writer.writeStepFailed(error)
        case .skipped: writer.writeStepSkipped()
        }
    }
}

/// Walks the steps of a BATCH_RESULT (`protocol/batches.md`, BATCH_RESULT).
public struct StepResultReader: ~Escapable {
    var reader: ByteReader
    var left: Int

    @_lifetime(copy reader)
    init(reader: ByteReader, left: Int) {
        self.reader = reader
        self.left = left
    }

    /// The next step, or nil behind the last.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func next() throws(DecodeError) -> StepResultView? {
        if left == 0 { return nil }
        left -= 1
        return try reader.readStepResult()
    }
}

extension ByteReader {
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    mutating func readStepResult() throws(DecodeError) -> StepResultView {
        let tag = try readU8()
        switch tag {
        case 0:
            let columns = try readColumns()
            let rows = try readRows(columns: columns.count)
            return .done(
                columns: columns, rows: rows, changes: try readVarint(), lastInsertRowid: try readZigzag())
        case 1: return .failed(try ErrorMessage(try readBytes()))
        case 2: return .skipped
        default: throw .badTag(tag)
        }
    }
}

extension ByteWriter {
    /// Begins a step that ran: columns and rows must follow, then `writeStepEnd` (`protocol/batches.md`, BATCH_RESULT).
    @inlinable
    public mutating func writeStepDone() { writeU8(0) }

    /// Ends a step that ran.
    @inlinable
    public mutating func writeStepEnd(changes: UInt64, lastInsertRowid: Int64) {
        writeVarint(changes)
        writeZigzag(lastInsertRowid)
    }

    /// A step that failed.
    public mutating func writeStepFailed(_ error: ErrorMessage) {
        writeU8(1)
        var body = ByteWriter()
        error.encodeBody(into: &body)
        writeBytes(body.bytes)
    }

    /// A step that was skipped.
    @inlinable
    public mutating func writeStepSkipped() { writeU8(2) }
}
