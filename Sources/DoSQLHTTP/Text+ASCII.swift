extension StringProtocol {
    /// Whether this is `text` but for the case of ASCII letters. `text` has small letters.
    func equals(ignoringCase text: String) -> Bool {
        utf8.count == text.utf8.count && zip(utf8, text.utf8).allSatisfy { Octet.lowercased($0) == $1 }
    }

    /// This without spaces and tabs at either end (RFC 9110 section 5.6.3).
    func trimmed() -> SubSequence {
        var start = startIndex
        var end = endIndex
        while start < end, Self.isWhiteSpace(utf8[start]) { start = utf8.index(after: start) }
        while end > start, Self.isWhiteSpace(utf8[utf8.index(end, offsetBy: -1)]) { end = utf8.index(end, offsetBy: -1) }
        return self[start..<end]
    }

    private static func isWhiteSpace(_ octet: UInt8) -> Bool { octet == Octet.space || octet == Octet.tab }
}

extension String {
    /// This without spaces and tabs at either end, itself if it has none.
    func trimmingWhiteSpace() -> String {
        let rest: Substring = trimmed()
        return rest.utf8.count == utf8.count ? self : String(rest)
    }
}
