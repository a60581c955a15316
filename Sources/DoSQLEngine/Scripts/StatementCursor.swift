/// Walks through the statements of a text, preparing each when the one before it has run: a statement is compiled
/// against the schema the earlier ones made.
struct StatementCursor {
    /// How many statements came before the current one, empty ones not counted.
    private(set) var index = -1
    /// Where the current one begins, in bytes.
    private(set) var offset = 0
    private var end = 0
    /// Whether a NUL stands in memory behind the text.
    private let isTerminated: Bool

    /// A cursor in front of a text. `isTerminated`: a NUL stands in memory behind it, so that SQLite need not copy what
    /// is left of it for each statement.
    init(isTerminated: Bool = false) {
        self.isTerminated = isTerminated
    }

    /// The next statement; nil at the end of the text.
    mutating func next(in text: Span<UInt8>, on connection: borrowing Connection) throws(PrepareError) -> Statement? {
        let start = SQLScanner.skipSeparators(text, from: end)
        guard start < text.count else { return nil }
        index += 1
        offset = start
        let (statement, tail) =
            isTerminated
            ? try connection.prepare(terminated: text, from: start) : try connection.prepare(text, from: start)
        end = tail
        return statement
    }

    /// Whether nothing comes after the current statement.
    func isAtEnd(of text: Span<UInt8>) -> Bool {
        SQLScanner.skipSeparators(text, from: end) == text.count
    }

    /// The beginning of the current statement, for a message.
    func excerpt(of text: Span<UInt8>) -> String {
        var bytes: [UInt8] = []
        var position = offset
        while position < text.count, bytes.count < 80, text[position] != 0x0a {
            bytes.append(text[position])
            position += 1
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Statement {
    /// Runs to the end, dropping what it returns.
    func finish() throws(PrepareError) {
        do throws(SQLiteError) {
            while try step() {}
        } catch {
            throw .sqlite(error)
        }
    }
}

extension StatementAccess {
    /// What `PRAGMA foreign_keys=` sets, if the statement is that: <https://www.sqlite.org/pragma.html#pragma_foreign_keys>.
    var foreignKeysSetting: Bool? {
        guard pragma == "foreign_keys", let pragmaArgument else { return nil }
        switch pragmaArgument.lowercased() {
        case "on", "yes", "true": return true
        case "off", "no", "false": return false
        default: return Int(pragmaArgument).map { $0 != 0 } ?? false
        }
    }
}
