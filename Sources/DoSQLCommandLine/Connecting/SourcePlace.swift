/// A line of SQL with a caret under the place where it went wrong.
struct SourcePlace: CustomStringConvertible {
    /// Two lines, each indented.
    let description: String

    /// Columns of a line that are shown; a longer one is cut around the place.
    static let width = 76

    /// - Parameter offset: in bytes; nil is the result where the text is shorter than that.
    init?(_ sql: String, offset: Int) {
        let bytes = Array(sql.utf8)
        guard offset >= 0, offset <= bytes.count else { return nil }
        let isNewline = { (byte: UInt8) in byte == 0x0A || byte == 0x0D }
        let start = bytes[..<offset].lastIndex(where: isNewline).map { $0 + 1 } ?? 0
        let end = bytes[offset...].firstIndex(where: isNewline) ?? bytes.count
        var before = Array(String(decoding: bytes[start..<offset], as: UTF8.self))
        var after = Array(String(decoding: bytes[offset..<end], as: UTF8.self))
        if before.count + after.count > Self.width {
            if before.count > Self.width / 2 { before = ["…"] + before.suffix(Self.width / 2) }
            if before.count + after.count > Self.width { after = after.prefix(Self.width - before.count) + ["…"] }
        }
        let prefix = DisplayText.escaped(String(before), keepsTabs: false)
        let line = prefix + DisplayText.escaped(String(after), keepsTabs: false)
        description = "  \(line)\n  \(String(repeating: " ", count: DisplayText.width(prefix)))^"
    }
}
