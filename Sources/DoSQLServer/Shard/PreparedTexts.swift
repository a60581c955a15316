import DoSQLEngine

/// The texts that a shard's clients have prepared, each kept once: connections of one application prepare the same ones,
/// and what is one object is compared at a glance.
struct PreparedTexts {
    /// How many are remembered. Beyond it all are forgotten and learned anew, which costs nobody anything but a comparison.
    private static let countMax = 4096
    /// A text that is longer is not worth remembering, in bytes.
    private static let lengthMax = 16 << 10

    private var texts: [UInt64: SQLText] = [:]

    /// The object for this text.
    mutating func text(of sql: Span<UInt8>) -> SQLText {
        let text = SQLText(sql)
        if let known = texts[text.hash], known == text { return known }
        guard sql.count <= Self.lengthMax else { return text }
        if texts.count >= Self.countMax { texts.removeAll() }
        texts[text.hash] = text
        return text
    }
}
