/// How the parameters of a statement are given (`protocol/values.md`, parameters).
public enum ParameterForm: UInt8, Hashable, Sendable {
    /// By their place, from 1 on.
    case positional = 0
    /// By their names.
    case named = 1
}

/// The parameters of a statement as they lie in the bytes, checked (`protocol/values.md`, parameters).
public struct ParametersView: ~Escapable {
    /// Whether names stand before the values.
    public let form: ParameterForm
    /// How many there are.
    public let count: Int
    /// The values, or the names and values, behind one another.
    public let bytes: Span<UInt8>

    @usableFromInline
    @_lifetime(copy bytes)
    init(form: ParameterForm, count: Int, bytes: Span<UInt8>) {
        self.form = form
        self.count = count
        self.bytes = bytes
    }

    /// Walks the parameters in their order.
    @inlinable
    @_lifetime(copy self)
    public func makeReader(allowReferences: Bool = false) -> ParameterReader {
        ParameterReader(self, allowReferences: allowReferences)
    }
}

/// One parameter as it lies in the bytes (`protocol/values.md`, parameters).
public struct ParameterView: ~Escapable {
    /// Its name as it was given; empty where parameters are positional.
    public let name: Span<UInt8>
    /// Its value.
    public let value: ValueView

    @usableFromInline
    @_lifetime(copy name, copy value)
    init(name: Span<UInt8>, value: ValueView) {
        self.name = name
        self.value = value
    }
}

/// Walks parameters (`protocol/values.md`, parameters).
public struct ParameterReader: ~Escapable {
    @usableFromInline var reader: ByteReader
    @usableFromInline var left: Int
    @usableFromInline let form: ParameterForm
    @usableFromInline let allowReferences: Bool

    @inlinable
    @_lifetime(copy view)
    init(_ view: ParametersView, allowReferences: Bool) {
        reader = ByteReader(view.bytes)
        left = view.count
        form = view.form
        self.allowReferences = allowReferences
    }

    /// The next parameter with its name, or nil behind the last.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func next() throws(DecodeError) -> ParameterView? {
        if left == 0 { return nil }
        left &-= 1
        let name = form == .named ? try reader.readText() : try reader.readSpan(0)
        return ParameterView(name: name, value: try reader.readValue(allowReferences: allowReferences))
    }
}

extension ByteReader {
    /// Reads parameters, and checks every value of them.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readParameters(referencesBefore step: Int? = nil) throws(DecodeError) -> ParametersView {
        let tag = try readU8()
        guard let form = ParameterForm(rawValue: tag) else { throw .badTag(tag) }
        let count = try readCount(ofSize: form == .named ? 2 : 1)
        let start = offset
        for _ in 0..<count {
            if form == .named { _ = try readText() }
            try checkValue(referencesBefore: step, isParameter: true)
        }
        return ParametersView(form: form, count: count, bytes: slice(start..<offset))
    }

    /// Passes over a value that may be a reference to a step before `step`, and as a parameter may not be NaN.
    @inlinable
    @_lifetime(self: copy self)
    mutating func checkValue(referencesBefore step: Int?, isParameter: Bool) throws(DecodeError) {
        guard let tag = isAtEnd ? nil : bytes[position] else { throw .truncated }
        switch tag {
        case ValueTag.real where isParameter:
            position &+= 1
            if try readF64().isNaN { throw .notANumber }
        case ValueTag.reference:
            guard let step else { throw .badTag(tag) }
            position &+= 1
            let reference = try readReference()
            guard reference.step < step else { throw .laterStep(step: reference.step) }
        default:
            try skipValue()
        }
    }
}

/// The parameters of a statement, owned: what a client sends (`protocol/values.md`, parameters).
public enum ParameterList: Sendable {
    /// Values by their place.
    case positional([Value])
    /// Values by names, with or without `:`, `@` or `$`.
    case named([(String, Value)])
    /// `count` values, or names and values, that were encoded before.
    case encoded(form: ParameterForm, count: Int, bytes: [UInt8])

    /// No parameters.
    public static var none: ParameterList { .positional([]) }

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

extension ByteWriter {
    /// What stands before the values of parameters.
    @inlinable
    public mutating func writeParametersHeader(_ form: ParameterForm, count: Int) {
        writeU8(form.rawValue)
        writeVarint(count)
    }
}
