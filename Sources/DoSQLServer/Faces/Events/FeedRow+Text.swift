import DoSQLProtocol

extension FeedRow {
    /// What was published, as text. An application may have stored what is no text: then it is what SQLite's CAST makes
    /// of it, as far as JSON can tell it.
    var jsonText: [UInt8] {
        switch data {
        case .null: Array("null".utf8)
        case .integer(let integer): Array(String(integer).utf8)
        case .real(let real): Array(real.description.utf8)
        case .text(let text): text.bytes
        case .blob(let blob): blob
        }
    }

    /// When it was published, in the form the table has; nil if that is no text.
    var createdAtText: [UInt8]? {
        if case .text(let text) = createdAt { return text.bytes }
        return nil
    }
}
