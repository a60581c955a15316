/// Which rows of a step are sent back (`protocol/batches.md`, step).
public enum RowsWanted: UInt8, CaseIterable, Hashable, Sendable {
    /// No rows.
    case none = 0
    /// The first row.
    case first = 1
    /// All rows.
    case all = 2
}

/// A step of a BATCH as it lies in the bytes (`protocol/batches.md`, step).
public struct StepView: ~Escapable {
    /// Which rows are sent back.
    public let want: RowsWanted
    /// Whether its failure leaves the others alone.
    public let isTolerated: Bool
    /// What to carry out.
    public let statement: StatementReference
    /// With what; values may be references.
    public let parameters: ParametersView
    /// An `Expression`, or empty: always.
    public let condition: Span<UInt8>
    /// An `Expression`, or empty: none.
    public let assertion: Span<UInt8>
    /// What the error of a false assertion says; empty: the server words one.
    public let message: Span<UInt8>

    @_lifetime(copy reader)
    init(_ reader: inout ByteReader, number: Int, depthMax: Int) throws(DecodeError) {
        let tag = try reader.readU8()
        guard let want = RowsWanted(rawValue: tag) else { throw .badTag(tag) }
        self.want = want
        let flags = try reader.readU8()
        guard flags & ~1 == 0 else { throw .reservedBits }
        isTolerated = flags & 1 != 0
        statement = try reader.readStatement()
        parameters = try reader.readParameters(referencesBefore: number)
        condition = try reader.readBytes()
        if !condition.isEmpty { try Expression.check(condition, before: number, depthMax: depthMax) }
        assertion = try reader.readBytes()
        if assertion.isEmpty {
            message = assertion
        } else {
            try Expression.check(assertion, before: number + 1, depthMax: depthMax)
            message = try reader.readText()
            guard message.count <= Limits.assertionMessageMax else { throw .tooMany }
        }
    }
}

extension ByteReader {
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    mutating func readStep(number: Int, depthMax: Int) throws(DecodeError) -> StepView {
        try StepView(&self, number: number, depthMax: depthMax)
    }
}

/// Walks the steps of a BATCH (`protocol/batches.md`, step).
public struct StepReader: ~Escapable {
    var reader: ByteReader
    var number = 0
    let count: Int

    @_lifetime(copy reader)
    init(reader: ByteReader, count: Int) {
        self.reader = reader
        self.count = count
    }

    /// The next step, or nil behind the last.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func next() throws(DecodeError) -> StepView? {
        if number == count { return nil }
        let step = try reader.readStep(number: number, depthMax: .max)
        number += 1
        return step
    }
}

/// A value of a step's parameters, or what an earlier step gave (`protocol/batches.md`, references).
public typealias StepValue = Expression.Operand

/// The parameters of a step, owned (`protocol/batches.md`, step).
public enum StepParameterList: Sendable {
    /// Values by their place.
    case positional([StepValue])
    /// Values by names, with or without `:`, `@` or `$`.
    case named([(String, StepValue)])
    /// `count` values, or names and values, that were encoded before.
    case encoded(form: ParameterForm, count: Int, bytes: [UInt8])

    /// No parameters.
    public static var none: StepParameterList { .positional([]) }

    /// The parameters of a statement that refers to no step.
    public init(_ list: ParameterList) {
        switch list {
        case .positional(let values): self = .positional(values.map { .value($0) })
        case .named(let pairs): self = .named(pairs.map { ($0.0, .value($0.1)) })
        case .encoded(let form, let count, let bytes): self = .encoded(form: form, count: count, bytes: bytes)
        }
    }

    /// Writes the parameters.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .positional(let values):
            writer.writeParametersHeader(.positional, count: values.count)
            for value in values { value.encode(into: &writer) }
        case .named(let pairs):
            writer.writeParametersHeader(.named, count: pairs.count)
            for (name, value) in pairs {
                writer.writeText(name)
                value.encode(into: &writer)
            }
        case .encoded(let form, let count, let bytes):
            writer.writeParametersHeader(form, count: count)
            writer.append(bytes)
        }
    }
}

/// A step of a BATCH, owned: what a client sends (`protocol/batches.md`, step).
public struct BatchStep: Sendable {
    /// Which rows are sent back.
    public var want: RowsWanted
    /// Whether its failure leaves the others alone.
    public var isTolerated: Bool
    /// What to carry out.
    public var statement: StatementSource
    /// With what.
    public var parameters: StepParameterList
    /// When; nil: always.
    public var condition: Expression?
    /// What must be true afterwards; nil: nothing.
    public var assertion: Expression?
    /// What the error of a false assertion says; empty: the server words one.
    public var message: String

    /// A step of these fields.
    public init(
        _ statement: StatementSource, _ parameters: StepParameterList = .none, want: RowsWanted = .none,
        isTolerated: Bool = false, condition: Expression? = nil, assertion: Expression? = nil, message: String = ""
    ) {
        self.want = want
        self.isTolerated = isTolerated
        self.statement = statement
        self.parameters = parameters
        self.condition = condition
        self.assertion = assertion
        self.message = message
    }

    /// Writes the step.
    public func encode(into writer: inout ByteWriter) {
        writer.writeU8(want.rawValue)
        writer.writeU8(isTolerated ? 1 : 0)
        statement.encode(into: &writer)
        parameters.encode(into: &writer)
        writer.writeExpression(condition)
        writer.writeExpression(assertion)
        if assertion != nil { writer.writeText(message) }
    }
}

extension ByteWriter {
    /// An expression with its length in front; nil is empty.
    mutating func writeExpression(_ expression: Expression?) {
        guard let expression else { return writeU8(0) }
        var inner = ByteWriter()
        expression.encode(into: &inner)
        writeBytes(inner.bytes)
    }
}
