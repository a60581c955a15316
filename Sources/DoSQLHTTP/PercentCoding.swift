/// Percent escapes (RFC 3986 section 2.1).
enum PercentCoding {
    /// The text behind escapes, or nil if an escape is malformed or the octets are not UTF-8.
    /// - Parameter plusIsSpace: as in `application/x-www-form-urlencoded`, for queries.
    static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        let octets = text.utf8
        guard octets.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else { return String(text) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(octets.count)
        var rest = octets.makeIterator()
        while let octet = rest.next() {
            switch octet {
            case 0x25:
                guard let high = rest.next().flatMap(Octet.hexadecimal), let low = rest.next().flatMap(Octet.hexadecimal)
                else { return nil }
                decoded.append(high << 4 | low)
            case 0x2B where plusIsSpace: decoded.append(Octet.space)
            default: decoded.append(octet)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
