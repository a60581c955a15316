/// One statement and the values for its parameters.
///
/// Written as a literal, whatever is interpolated is *bound*, never pasted, so that a value cannot become SQL:
///
/// ```swift
/// let rows = try await tenant.query("SELECT * FROM users WHERE id = \(id) AND role IN (\(list: roles))")
/// ```
///
/// What is not a value has its own label: `\(identifier: name)` quotes a name, `\(raw: text)` pastes SQL as it is, and
/// another `SQL` is taken in with its parameters. A `String` that is made elsewhere does not become `SQL` by itself;
/// ``init(raw:_:)`` says at the place of the call that it is trusted.
///
/// The text stays the same for all values, so it is prepared on the server and cached (`protocol/messages.md`,
/// *Statements*).
public struct SQL: Sendable {
    /// The text as it is sent, with `?` where values were interpolated.
    public private(set) var text: String
    /// What the parameters are bound to.
    var parameters: StatementParameters
    /// Why the statement cannot be sent: a value that could not be encoded. Thrown by the call that would send it.
    var failure: DoSQLError?

    /// A text that is trusted as it stands, and values for its `?` or `?NNN` parameters in order.
    ///
    /// Never build `text` from what a user typed: use interpolation, or parameters.
    ///
    /// - Parameters:
    ///   - text: one statement.
    ///   - parameters: as many values as the statement has parameters.
    public init(raw text: String, _ parameters: [any DoSQLEncodable] = []) {
        self.text = text
        self.parameters = .positional([])
        for parameter in parameters { append(parameter) }
    }

    /// A text that is trusted as it stands, and values for its named parameters.
    ///
    /// - Parameters:
    ///   - text: one statement.
    ///   - parameters: a value for each name, with or without its `:`, `@` or `$`.
    public init(raw text: String, named parameters: [String: any DoSQLEncodable]) {
        self.text = text
        self.parameters = .positional([])
        self = binding(named: parameters)
    }

    /// This statement with further positional values, for the `?` that its text spells out.
    public func binding(_ parameters: [any DoSQLEncodable]) -> SQL {
        var copy = self
        for parameter in parameters { copy.append(parameter) }
        return copy
    }

    /// This statement with named values. A statement cannot have both; the call that sends it would throw
    /// ``DoSQLError/Code/encoding``.
    public func binding(named parameters: [String: any DoSQLEncodable]) -> SQL {
        var copy = self
        var named: [(name: String, value: StatementParameters.Value)] = []
        switch self.parameters {
        case .positional(let values) where !values.isEmpty && !parameters.isEmpty:
            copy.failure = DoSQLError(.encoding, "a statement has either positional or named parameters, not both")
        case .positional: break
        case .named(let values): named = values
        }
        for (name, parameter) in parameters.sorted(by: { $0.key < $1.key }) {
            if let value = copy.encode(parameter) { named.append((name, .value(value))) }
        }
        copy.parameters = .named(named)
        return copy
    }

    /// The statement as a whole, or why it cannot be sent.
    func validated() throws(DoSQLError) -> SQL {
        if let failure { throw failure }
        return self
    }

    private mutating func append(_ parameter: any DoSQLEncodable) {
        if let value = encode(parameter) { append(.value(value)) }
    }

    fileprivate mutating func append(_ value: StatementParameters.Value) {
        switch parameters {
        case .positional(var values):
            parameters = .positional([])
            values.append(value)
            parameters = .positional(values)
        case .named:
            failure =
                failure ?? DoSQLError(.encoding, "a statement has either positional or named parameters, not both")
        }
    }

    fileprivate mutating func paste(_ other: String) { text += other }

    /// Encodes, or remembers the first failure.
    private mutating func encode(_ parameter: any DoSQLEncodable) -> DoSQLValue? {
        do {
            return try parameter.dosqlValue
        } catch {
            failure = failure ?? error
            return nil
        }
    }
}

// MARK: - Literals

extension SQL: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// A statement without parameters.
    public init(stringLiteral value: String) { self.init(raw: value) }

    /// A statement with what was interpolated bound to its parameters.
    public init(stringInterpolation: Interpolation) { self = stringInterpolation.sql }

    /// Gathers the parts of an interpolated statement.
    public struct Interpolation: StringInterpolationProtocol {
        var sql: SQL

        /// An empty statement with room for the parts to come.
        public init(literalCapacity: Int, interpolationCount: Int) { sql = SQL(raw: "") }

        /// SQL of the literal itself.
        public mutating func appendLiteral(_ literal: String) { sql.paste(literal) }

        /// Binds a value: `?`.
        public mutating func appendInterpolation(_ value: some DoSQLEncodable) {
            sql.paste("?")
            sql = sql.binding([value])
        }

        /// Binds a value, or NULL for `nil`: `?`. (An overload of its own, because the compiler warns of optionals that are
        /// interpolated into anything that does not ask for one.)
        public mutating func appendInterpolation<Value: DoSQLEncodable>(_ value: Value?) {
            sql.paste("?")
            sql = sql.binding([value])
        }

        /// Binds values for an `IN` list: `?, ?, ?`. An empty list is `NULL`, so that `IN` is never true.
        public mutating func appendInterpolation(list values: some Sequence<some DoSQLEncodable>) {
            let values = values.map { $0 as any DoSQLEncodable }
            sql.paste(values.isEmpty ? "NULL" : repeatElement("?", count: values.count).joined(separator: ", "))
            sql = sql.binding(values)
        }

        /// A name, quoted, so that it is one whatever it holds.
        public mutating func appendInterpolation(identifier name: String) {
            let doubled = name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
            sql.paste("\"\(doubled)\"")
        }

        /// SQL as it is. **Nothing protects this from injection**: never pass what a user can influence.
        public mutating func appendInterpolation(raw text: String) { sql.paste(text) }

        /// Another statement or part of one, with its parameters.
        public mutating func appendInterpolation(_ other: SQL) {
            sql.paste(other.text)
            sql.failure = sql.failure ?? other.failure
            switch other.parameters {
            case .positional(let values): for value in values { sql.append(value) }
            case .named:
                sql.failure = sql.failure ?? DoSQLError(.encoding, "a part with named parameters cannot be taken in")
            }
        }

        /// A result of an earlier step of the same batch (`protocol/batches.md`, *References*).
        public mutating func appendInterpolation(_ reference: Batch.Reference) {
            sql.paste("?")
            sql.append(.reference(reference))
        }
    }
}

extension SQL: CustomStringConvertible {
    /// The text; values are left out, so that it can be logged.
    public var description: String { text }
}

// MARK: - What a retry must know

extension SQL {
    /// Whether the text certainly only reads, so that it may be sent again though its first answer was lost. A
    /// statement that begins with WITH may write and counts as one that does.
    var isCertainlyRead: Bool { ["SELECT", "VALUES", "EXPLAIN"].contains(text.firstWordOfSQL) }
}

extension String {
    /// Whether it is a COMMIT as SQL.
    var beginsWithCommit: Bool { ["COMMIT", "END"].contains(firstWordOfSQL) }

    /// The first word behind space and comments, in capitals; empty where a comment has no end.
    fileprivate var firstWordOfSQL: String {
        var rest = Substring(self)
        while true {
            rest = rest.drop { $0.isWhitespace }
            if rest.hasPrefix("--") {
                rest = rest.drop { !$0.isNewline }
            } else if rest.hasPrefix("/*") {
                guard let end = rest.range(ofCommentEnd: ()) else { return "" }
                rest = rest[end...]
            } else {
                break
            }
        }
        return rest.prefix { $0.isASCII && $0.isLetter }.uppercased()
    }
}

extension Substring {
    /// The place behind the first `*/`.
    fileprivate func range(ofCommentEnd: ()) -> Index? {
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if self[index] == "*", next < endIndex, self[next] == "/" { return self.index(after: next) }
            index = next
        }
        return nil
    }
}
