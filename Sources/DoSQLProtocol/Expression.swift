/// A condition or an assertion of a batch's step (`protocol/batches.md`, expressions).
public indirect enum Expression: Hashable, Sendable {
    /// The step ran.
    case ran(step: Int)
    /// The step failed.
    case failed(step: Int)
    /// The step was skipped.
    case skipped(step: Int)
    /// The operand is false.
    case not(Expression)
    /// Both are true.
    case and(Expression, Expression)
    /// One of them is true.
    case or(Expression, Expression)
    /// Two values compare so.
    case compare(Comparison, Operand, Operand)
    /// The value is NULL.
    case isNull(Operand)

    /// A value of an expression, or what an earlier step gave.
    public enum Operand: Hashable, Sendable {
        /// The value itself.
        case value(Value)
        /// What a step gave.
        case reference(Reference)
    }

    /// How values compare; the raw values are the operators' bytes.
    public enum Comparison: UInt8, CaseIterable, Hashable, Sendable {
        /// =
        case equal = 0x20
        /// ≠
        case notEqual = 0x21
        /// <
        case less = 0x22
        /// ≤
        case lessOrEqual = 0x23
        /// >
        case greater = 0x24
        /// ≥
        case greaterOrEqual = 0x25
    }

    /// What became of a step.
    public enum StepStatus: UInt8, Hashable, Sendable {
        /// It ran.
        case done = 0
        /// It failed.
        case failed = 1
        /// It was skipped.
        case skipped = 2
    }
}

/// What an expression asks of the batch it stands in (`protocol/batches.md`, expressions).
public protocol ExpressionContext {
    /// What looking up a reference may throw, such as a column that is not there (`BATCH_REFERENCE`).
    associatedtype Failure: Error
    /// What became of a step that came before.
    func status(ofStep step: Int) -> Expression.StepStatus
    /// What a reference gives; NULL where its step was skipped or failed.
    func value(of reference: Reference) throws(Failure) -> Value
}

// MARK: - Judging

extension Expression {
    /// Whether the expression is true. The second operand of *and* and *or* is looked at only where it decides.
    public func evaluate<Context: ExpressionContext>(_ context: Context) throws(Context.Failure) -> Bool {
        switch self {
        case .ran(let step): return context.status(ofStep: step) == .done
        case .failed(let step): return context.status(ofStep: step) == .failed
        case .skipped(let step): return context.status(ofStep: step) == .skipped
        case .not(let operand): return try !operand.evaluate(context)
        case .and(let left, let right):
            guard try left.evaluate(context) else { return false }
            return try right.evaluate(context)
        case .or(let left, let right):
            if try left.evaluate(context) { return true }
            return try right.evaluate(context)
        case .compare(let comparison, let left, let right):
            let left = try left.resolve(context)
            return comparison.holds(try left.compare(right.resolve(context)))
        case .isNull(let operand): return try operand.resolve(context).isNull
        }
    }
}

extension Expression.Operand {
    func resolve<Context: ExpressionContext>(_ context: Context) throws(Context.Failure) -> Value {
        switch self {
        case .value(let value): value
        case .reference(let reference): try context.value(of: reference)
        }
    }
}

extension Expression.Comparison {
    /// Whether the order −1, 0 or 1 satisfies this; false without an order.
    func holds(_ order: Int?) -> Bool {
        guard let order else { return false }
        return switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}

extension Value {
    /// Whether SQLite would hold it as NULL, as it does NaN.
    var isNull: Bool {
        switch self {
        case .null: true
        case .real(let value): value.isNaN
        case .integer, .text, .blob: false
        }
    }

    /// −1, 0 or 1 as SQLite orders values without affinity; nil where either is NULL (`protocol/batches.md`, expressions).
    public func compare(_ other: Value) -> Int? {
        if isNull || other.isNull { return nil }
        switch (self, other) {
        case (.integer(let left), .integer(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.real(let left), .real(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.integer(let left), .real(let right)): return Value.compare(left, right)
        case (.real(let left), .integer(let right)): return -Value.compare(right, left)
        case (.text(let left), .text(let right)): return Value.compare(left.bytes, right.bytes)
        case (.blob(let left), .blob(let right)): return Value.compare(left, right)
        default: return rank < other.rank ? -1 : 1
        }
    }

    private var rank: Int {
        switch self {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        case .blob: 3
        }
    }

    /// Compares exactly: not every integer is a double.
    private static func compare(_ integer: Int64, _ real: Double) -> Int {
        if real < -0x1p63 { return 1 }
        if real >= 0x1p63 { return -1 }
        let whole = Int64(real)
        if integer != whole { return integer < whole ? -1 : 1 }
        let exact = Double(integer)
        return exact < real ? -1 : exact > real ? 1 : 0
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8]) -> Int {
        for index in 0..<Swift.min(left.count, right.count) where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
    }
}

// MARK: - Bytes

extension Expression {
    enum Operator {
        static var ran: UInt8 { 0x01 }
        static var failed: UInt8 { 0x02 }
        static var skipped: UInt8 { 0x03 }
        static var not: UInt8 { 0x10 }
        static var and: UInt8 { 0x11 }
        static var or: UInt8 { 0x12 }
        static var isNull: UInt8 { 0x26 }
    }

    /// Reads an expression that takes up all of `bytes`, refers only to steps before `step` and is not too deep.
    public init(
        decoding bytes: Span<UInt8>, before step: Int = .max, depthMax: Int = Limits.expressionDepthMax
    ) throws(DecodeError) {
        var reader = ByteReader(bytes)
        self = try Expression(&reader, before: step, depthLeft: depthMax)
        try reader.expectEnd()
    }

    private init(_ reader: inout ByteReader, before step: Int, depthLeft: Int) throws(DecodeError) {
        guard depthLeft > 0 else { throw .tooMany }
        let tag = try reader.readU8()
        switch tag {
        case Operator.ran: self = .ran(step: try reader.readStep(before: step))
        case Operator.failed: self = .failed(step: try reader.readStep(before: step))
        case Operator.skipped: self = .skipped(step: try reader.readStep(before: step))
        case Operator.not:
            self = .not(try Expression(&reader, before: step, depthLeft: depthLeft - 1))
        case Operator.and, Operator.or:
            let left = try Expression(&reader, before: step, depthLeft: depthLeft - 1)
            let right = try Expression(&reader, before: step, depthLeft: depthLeft - 1)
            self = tag == Operator.and ? .and(left, right) : .or(left, right)
        case Operator.isNull: self = .isNull(try reader.readOperand(before: step))
        default:
            guard let comparison = Comparison(rawValue: tag) else { throw .badTag(tag) }
            let left = try reader.readOperand(before: step)
            self = .compare(comparison, left, try reader.readOperand(before: step))
        }
    }

    /// Makes the checks of `init(decoding:before:depthMax:)` without making the expression.
    static func check(_ bytes: Span<UInt8>, before step: Int, depthMax: Int) throws(DecodeError) {
        var reader = ByteReader(bytes)
        try check(&reader, before: step, depthLeft: depthMax)
        try reader.expectEnd()
    }

    private static func check(_ reader: inout ByteReader, before step: Int, depthLeft: Int) throws(DecodeError) {
        guard depthLeft > 0 else { throw .tooMany }
        let tag = try reader.readU8()
        switch tag {
        case Operator.ran, Operator.failed, Operator.skipped: _ = try reader.readStep(before: step)
        case Operator.not: try check(&reader, before: step, depthLeft: depthLeft - 1)
        case Operator.and, Operator.or:
            try check(&reader, before: step, depthLeft: depthLeft - 1)
            try check(&reader, before: step, depthLeft: depthLeft - 1)
        case Operator.isNull: try reader.checkValue(referencesBefore: step, isParameter: false)
        default:
            guard Comparison(rawValue: tag) != nil else { throw .badTag(tag) }
            try reader.checkValue(referencesBefore: step, isParameter: false)
            try reader.checkValue(referencesBefore: step, isParameter: false)
        }
    }

    /// Writes the expression, without a length.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .ran(let step): writer.writeU8(Operator.ran); writer.writeVarint(step)
        case .failed(let step): writer.writeU8(Operator.failed); writer.writeVarint(step)
        case .skipped(let step): writer.writeU8(Operator.skipped); writer.writeVarint(step)
        case .not(let operand):
            writer.writeU8(Operator.not)
            operand.encode(into: &writer)
        case .and(let left, let right):
            writer.writeU8(Operator.and)
            left.encode(into: &writer)
            right.encode(into: &writer)
        case .or(let left, let right):
            writer.writeU8(Operator.or)
            left.encode(into: &writer)
            right.encode(into: &writer)
        case .compare(let comparison, let left, let right):
            writer.writeU8(comparison.rawValue)
            left.encode(into: &writer)
            right.encode(into: &writer)
        case .isNull(let operand):
            writer.writeU8(Operator.isNull)
            operand.encode(into: &writer)
        }
    }
}

extension Expression.Operand {
    /// Writes the value or the reference.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .value(let value): value.encode(into: &writer)
        case .reference(let reference): reference.encode(into: &writer)
        }
    }
}

extension ByteReader {
    @_lifetime(self: copy self)
    mutating func readStep(before limit: Int) throws(DecodeError) -> Int {
        let step = Int(try readVarint32())
        guard step < limit else { throw .laterStep(step: step) }
        return step
    }

    @_lifetime(self: copy self)
    mutating func readOperand(before limit: Int) throws(DecodeError) -> Expression.Operand {
        let view = try readValue(allowReferences: true)
        if case .reference(let reference) = view {
            guard reference.step < limit else { throw .laterStep(step: reference.step) }
            return .reference(reference)
        }
        return .value(Value(view) ?? .null)
    }
}
