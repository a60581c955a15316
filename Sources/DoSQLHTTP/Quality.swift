/// A weight of content negotiation, in thousandths (RFC 9110 section 12.4.2).
struct Quality: Sendable, Comparable {
    let thousandths: Int

    static let full = Quality(thousandths: 1_000)
    static let none = Quality(thousandths: 0)

    init(thousandths: Int) { self.thousandths = thousandths }

    /// Reads `0`, `1`, `0.5`, `0.333`; nil for anything else.
    init?(_ text: String) {
        var octets = text.utf8[...]
        guard let whole = octets.popFirst(), whole == 0x30 || whole == 0x31 else { return nil }
        var number = Int(whole - 0x30) * 1_000
        if let point = octets.popFirst() {
            guard point == 0x2E, octets.count <= 3 else { return nil }
            var place = 100
            for octet in octets {
                guard Octet.isDigit(octet) else { return nil }
                number += Int(octet - 0x30) * place
                place /= 10
            }
        }
        guard number <= 1_000 else { return nil }
        thousandths = number
    }

    static func < (left: Quality, right: Quality) -> Bool { left.thousandths < right.thousandths }
}
