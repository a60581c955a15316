public import DoSQLProtocol

// Values, texts of statements and parameters as tests write them: `["name", 42, nil, 0.5]`.

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringInterpolation,
    ExpressibleByNilLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A real.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
}

extension Value {
    /// An integer.
    public static func integer(_ value: Int) -> Value { .integer(Int64(value)) }
}

extension StatementSource: ExpressibleByStringInterpolation {
    /// The text itself.
    public init(stringLiteral value: String) { self = .sql(value) }
}

extension ParameterList: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Positional parameters.
    public init(arrayLiteral elements: Value...) { self = .positional(elements) }
    /// Named parameters.
    public init(dictionaryLiteral elements: (String, Value)...) { self = .named(elements) }
}

extension StepParameterList: ExpressibleByArrayLiteral {
    /// Positional parameters.
    public init(arrayLiteral elements: StepValue...) { self = .positional(elements) }
}

extension StepValue: ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation, ExpressibleByNilLiteral {
    /// An integer.
    public init(integerLiteral value: Int64) { self = .value(.integer(value)) }
    /// A text.
    public init(stringLiteral value: String) { self = .value(.text(value)) }
    /// NULL.
    public init(nilLiteral: ()) { self = .value(.null) }
}
