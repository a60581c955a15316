import DoSQLClient

/// A parameter as it stands on the command line.
///
/// A number is one only where it is written as SQLite would print it, so that nothing is lost that a text would have
/// kept:
/// 42 and -1.5 are numbers; 007, 1.10, +49 and what 64 bits do not hold are texts. (A column that is declared INTEGER
/// or REAL makes numbers of such texts anyway.)
struct ParameterText {
    /// What is bound.
    let value: DoSQLValue

    /// - Parameter isText: whether it is a text whatever it looks like.
    init(_ text: String, isText: Bool = false) { value = isText ? .text(text) : Self.value(text) }

    private static func value(_ text: String) -> DoSQLValue {
        if text == "null" || text == "NULL" { return .null }
        if let integer = Int64(text), "\(integer)" == text { return .integer(integer) }
        if let real = Double(text), real.isFinite, "\(real)" == text { return .real(real) }
        if text.hasPrefix("x'") || text.hasPrefix("X'"), text.hasSuffix("'"), text.utf8.count >= 3,
            let bytes = Hexadecimal.bytes(text.dropFirst(2).dropLast())
        {
            return .blob(bytes)
        }
        return .text(text)
    }
}
