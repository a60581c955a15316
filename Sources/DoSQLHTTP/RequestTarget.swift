/// A request target, taken apart as far as was asked (RFC 9112 section 3.2).
struct RequestTarget: Sendable {
    /// The target as it was sent.
    let text: String
    private let pathRange: Range<String.Index>
    private let queryStart: String.Index?
    private let authorityRange: Range<String.Index>?

    /// The path: for `OPTIONS *` a star, for a target without a path a slash.
    var path: Substring { pathRange.isEmpty ? "/" : text[pathRange] }
    /// What is behind the question mark, if there is one.
    var query: Substring? { queryStart.map { text[$0...] } }
    /// The host and port of an absolute target.
    var authority: Substring? { authorityRange.map { text[$0] } }

    /// Takes a target apart. Its octets are those that ``Octet/isTarget(_:)`` allows.
    init(_ text: String, method: String) throws(HTTPFault) {
        self.text = text
        let octets = text.utf8
        var start = octets.startIndex
        if octets.first == 0x2F {
            authorityRange = nil
        } else if text == "*", method == "OPTIONS" {
            authorityRange = nil
        } else {
            guard let authorityStart = Self.authorityStart(text) else { throw .badTarget }
            start = octets[authorityStart...].firstIndex { $0 == 0x2F || $0 == 0x3F } ?? octets.endIndex
            let authority = [UInt8](octets[authorityStart..<start])
            guard !authority.isEmpty, Authority.isValid(authority.span) else { throw .badTarget }
            authorityRange = authorityStart..<start
        }
        let pathEnd = octets[start...].firstIndex(of: 0x3F) ?? octets.endIndex
        pathRange = start..<pathEnd
        queryStart = pathEnd == octets.endIndex ? nil : octets.index(after: pathEnd)
        try check()
    }

    /// The decoded segments of the path: none for `/`, and an empty last one where the path ends in a slash.
    var segments: [String] {
        // `/` and `*` have none. The octets are ASCII, so that there is no need to look for characters.
        let octets = path.utf8
        guard octets.count > 1 else { return [] }
        return octets.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false).map { octets in
            let segment = Substring(octets)
            // The check at the beginning has read every escape.
            return PercentCoding.decode(segment) ?? String(segment)
        }
    }

    /// The decoded items of the query; one without `=` has an empty value.
    var queryItems: [(name: String, value: String)] {
        guard let query else { return [] }
        return query.split(separator: "&").map { item in
            let end = item.utf8.firstIndex(of: 0x3D) ?? item.endIndex
            let value = end == item.endIndex ? "" : item[item.utf8.index(after: end)...]
            return (Self.text(item[..<end]), Self.text(value))
        }
    }

    private static func text(_ part: Substring) -> String {
        PercentCoding.decode(part, plusIsSpace: true) ?? String(part)
    }

    /// Where the authority of an absolute target begins, nil if it is not `http` or `https`.
    private static func authorityStart(_ text: String) -> String.Index? {
        for scheme in ["http://", "https://"] where text.utf8.count > scheme.utf8.count {
            if zip(text.utf8, scheme.utf8).allSatisfy({ Octet.lowercased($0) == $1 }) {
                return text.utf8.index(text.startIndex, offsetBy: scheme.utf8.count)
            }
        }
        return nil
    }

    /// Refuses what cannot be decoded, and segments that would have to be resolved.
    private func check() throws(HTTPFault) {
        var previous: UInt8 = 0
        var isSuspect = false
        for octet in path.utf8 {
            if octet == 0x25 || (octet == 0x2E && previous == 0x2F) { isSuspect = true }
            previous = octet
        }
        if isSuspect {
            for part in path.split(separator: "/") {
                guard let segment = PercentCoding.decode(part) else { throw .badEscape }
                if segment == "." || segment == ".." { throw .dotSegment }
                if segment.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw .controlInPath }
            }
        }
        guard let query, query.utf8.contains(0x25) else { return }
        // Names and values are decoded by themselves, so each must be UTF-8 by itself.
        for part in query.split(whereSeparator: { $0 == "&" || $0 == "=" }) {
            guard PercentCoding.decode(part, plusIsSpace: true) != nil else { throw .badEscape }
        }
    }
}
