/// A statement that begins, ends or divides a transaction.
enum TransactionControl: Equatable {
    /// BEGIN; `READ ONLY` behind it, as other databases have it, asks for a snapshot.
    case begin(isReadOnly: Bool)
    /// COMMIT or END.
    case commit
    case rollback
    case savepoint(String)
    case release(String)
    case rollbackTo(String)

    /// Reads a statement; nil if it is another one, or not written as SQLite's grammar has it: then SQLite says so.
    init?(_ sql: String) {
        var words = SQLWords(sql).all
        let names = words
        words = words.map { $0.uppercased() }
        guard let first = words.first else { return nil }
        let rest = Array(words.dropFirst())
        switch first {
        case "BEGIN":
            switch rest {
            case [], ["TRANSACTION"], ["DEFERRED"], ["IMMEDIATE"], ["EXCLUSIVE"], ["DEFERRED", "TRANSACTION"],
                ["IMMEDIATE", "TRANSACTION"], ["EXCLUSIVE", "TRANSACTION"]:
                self = .begin(isReadOnly: false)
            case ["READ", "ONLY"], ["TRANSACTION", "READ", "ONLY"]: self = .begin(isReadOnly: true)
            default: return nil
            }
        case "COMMIT", "END":
            guard rest.isEmpty || rest == ["TRANSACTION"] else { return nil }
            self = .commit
        case "ROLLBACK":
            var rest = rest[...]
            if rest.first == "TRANSACTION" { rest = rest.dropFirst() }
            if rest.isEmpty {
                self = .rollback
                return
            }
            guard rest.first == "TO" else { return nil }
            rest = rest.dropFirst()
            if rest.count == 2, rest.first == "SAVEPOINT" { rest = rest.dropFirst() }
            guard rest.count == 1 else { return nil }
            self = .rollbackTo(names[names.count - 1])
        case "SAVEPOINT":
            guard rest.count == 1 else { return nil }
            self = .savepoint(names[1])
        case "RELEASE":
            guard rest.count == 1 || (rest.count == 2 && rest[0] == "SAVEPOINT") else { return nil }
            self = .release(names[names.count - 1])
        default: return nil
        }
    }
}
