/// BATCH as it lies in the bytes, checked as a whole (`protocol/batches.md`).
public struct Batch: ~Escapable {
    /// What a failing step does to the others.
    public enum OnError: UInt8, CaseIterable, Hashable, Sendable {
        /// It undoes the batch, and the answer is ERROR.
        case rollback = 0
        /// The steps before it stay, those behind are skipped.
        case stop = 1
        /// It undoes itself, the others run.
        case `continue` = 2
    }

    /// What a failing step does to the others.
    public let onError: OnError
    /// How many steps there are.
    public let count: Int
    /// Milliseconds from receipt after which it is given up.
    public let deadline: UInt64?
    /// The write's name.
    public let idempotencyKey: Span<UInt8>?
    let bytes: Span<UInt8>

    /// Reads a body; the bounds are those the server told.
    @_lifetime(copy body)
    public init(
        _ body: Span<UInt8>, stepsMax: Int = Limits.batchStepsMax, depthMax: Int = Limits.expressionDepthMax
    ) throws(DecodeError) {
        var reader = ByteReader(body)
        let tag = try reader.readU8()
        guard let onError = OnError(rawValue: tag) else { throw .badTag(tag) }
        self.onError = onError
        let wanted = try reader.readVarint()
        guard wanted >= 1 else { throw .outOfRange }
        guard wanted <= UInt64(stepsMax) else { throw .tooMany }
        count = Int(wanted)
        let start = reader.offset
        for step in 0..<count { _ = try reader.readStep(number: step, depthMax: depthMax) }
        bytes = reader.slice(start..<reader.offset)
        var deadline: UInt64?
        var idempotencyKey: Span<UInt8>?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: deadline = try option.varint()
            case 0x84: idempotencyKey = try option.idempotencyKey()
            default: try option.ignore()
            }
        }
        self.deadline = deadline
        self.idempotencyKey = idempotencyKey
    }

    /// Walks the steps in their order.
    @_lifetime(copy self)
    public func makeReader() -> StepReader { StepReader(reader: ByteReader(bytes), count: count) }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        onError: OnError = .rollback, steps: [BatchStep], deadline: UInt64? = nil, idempotencyKey: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(.batch, flags: flags, stream: stream, request: request)
        writer.writeU8(onError.rawValue)
        writer.writeVarint(steps.count)
        for step in steps { step.encode(into: &writer) }
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        if let idempotencyKey { writer.writeOption(0x84, bytes: idempotencyKey) }
        writer.endFrame(at: frame)
    }
}
