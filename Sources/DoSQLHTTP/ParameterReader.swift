/// Reads the parts of values such as `text/html;level=1;q=0.5` (RFC 9110 section 5.6).
struct ParameterReader {
    private var rest: Substring.UTF8View

    /// A reader at the beginning of a value.
    init(_ text: Substring) { rest = text.trimmed().utf8 }

    /// Whether everything has been read.
    var isAtEnd: Bool { rest.isEmpty }

    /// Passes over this octet, if it is next.
    mutating func skip(_ octet: UInt8) -> Bool {
        guard rest.first == octet else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// The next token, nil if there is none.
    mutating func nextToken() -> String? {
        let token = rest.prefix(while: Octet.isToken)
        guard !token.isEmpty else { return nil }
        rest = rest.dropFirst(token.count)
        return String(token)
    }

    /// The next `;name=value`, with its name in small letters; nil at the end or in front of what is none. Empty
    /// parameters are passed over (RFC 9110 section 5.6.6).
    mutating func nextParameter() -> (name: String, value: String)? {
        while true {
            skipSpace()
            let start = rest
            guard skip(0x3B) else { return nil }
            skipSpace()
            guard let name = nextToken() else { continue }
            guard skip(0x3D), let value = nextToken() ?? nextQuoted() else {
                rest = start
                return nil
            }
            return (name.lowercased(), value)
        }
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == Octet.space || $0 == Octet.tab }
    }

    /// The next quoted string, without its quotes and backslashes (RFC 9110 section 5.6.4).
    private mutating func nextQuoted() -> String? {
        guard skip(0x22) else { return nil }
        var text: [UInt8] = []
        while let octet = rest.popFirst() {
            if octet == 0x22 { return String(decoding: text, as: UTF8.self) }
            if octet == 0x5C {
                guard let escaped = rest.popFirst() else { return nil }
                text.append(escaped)
            } else {
                text.append(octet)
            }
        }
        return nil
    }
}
