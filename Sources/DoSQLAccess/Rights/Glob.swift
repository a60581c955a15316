/// A text in which `*` stands for any run of bytes, none included. Everything else stands for itself: there is no
/// escape and no class, so that a pattern means what it looks like.
///
/// A name is gone through once. For each of its bytes at most as many are compared as the pattern has, and a star that
/// was passed is never taken up again: the leftmost place for the text between two stars leaves most room for the rest,
/// so no other place needs to be tried.
struct Glob: Sendable, Hashable {
    /// The pattern as it was written.
    let text: String
    /// The literals between the stars; one: there is no star.
    private let parts: [[UInt8]]
    /// Whether ASCII letters match without their case.
    private let foldsCase: Bool

    init(_ text: String, foldsCase: Bool) {
        self.text = text
        self.foldsCase = foldsCase
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map { part in
            part.map { foldsCase ? Self.folded($0) : $0 }
        }
    }

    /// Whether the pattern is `*`, or only stars: every name.
    var matchesEverything: Bool { parts.count > 1 && parts.allSatisfy(\.isEmpty) }

    func matches(_ name: String) -> Bool {
        let bytes = foldsCase ? name.utf8.map(Self.folded) : Array(name.utf8)
        guard let prefix = parts.first, let suffix = parts.last else { return false }
        if parts.count == 1 { return bytes == prefix }
        guard bytes.count >= prefix.count + suffix.count, bytes.starts(with: prefix),
            bytes.suffix(suffix.count).elementsEqual(suffix)
        else { return false }
        var rest = bytes[prefix.count..<(bytes.count - suffix.count)]
        for part in parts[1..<(parts.count - 1)] where !part.isEmpty {
            guard let place = Self.firstPlace(of: part, in: rest) else { return false }
            rest = rest[(place + part.count)...]
        }
        return true
    }

    private static func firstPlace(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= part.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - part.count)).first { bytes[$0...].starts(with: part) }
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
