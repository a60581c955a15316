/// `PRAGMA foreign_keys = …`, with which dumps begin. The server keeps foreign keys on, so the shell defers them
/// instead.
struct ForeignKeysPragma: Equatable {
    let isOn: Bool

    /// Reads a statement; nil if it is another one.
    init?(_ sql: String) {
        let words = SQLWords(sql).all.map { $0.lowercased() }
        guard words.count >= 4, words[0] == "pragma", words[1] == "foreign_keys" else { return nil }
        guard words[2] == "=" || (words[2] == "(" && words.last == ")") else { return nil }
        switch words[3] {
        case "on", "1", "yes", "true": isOn = true
        case "off", "0", "no", "false": isOn = false
        default: return nil
        }
    }
}
