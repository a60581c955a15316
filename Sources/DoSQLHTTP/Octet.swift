/// The classes of octets that HTTP's grammar is made of.
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20

    /// Whether this is a `tchar` (RFC 9110 section 5.6.2).
    @inline(__always)
    static func isToken(_ octet: UInt8) -> Bool {
        let bit: UInt64 = 1 &<< UInt64(octet & 63)
        switch octet >> 6 {
        case 0: return 0x03FF_6CFA_0000_0000 & bit != 0
        case 1: return 0x57FF_FFFF_C7FF_FFFE & bit != 0
        default: return false
        }
    }

    /// Whether this may stand in a field's value (RFC 9110 section 5.5): all but controls, with the tab.
    @inline(__always)
    static func isFieldValue(_ octet: UInt8) -> Bool {
        (octet >= 0x20 && octet != 0x7F) || octet == tab
    }

    /// Whether this may stand in a request target: what is visible, but for what no URI has and what would begin a
    /// fragment. Browsers send some octets unescaped that RFC 3986 would have escaped; these are taken.
    @inline(__always)
    static func isTarget(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x22, 0x23, 0x3C, 0x3E: false
        default: octet > 0x20 && octet < 0x7F
        }
    }

    @inline(__always)
    static func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }

    /// The value of a hexadecimal digit, nil for anything else.
    @inline(__always)
    static func hexadecimal(_ octet: UInt8) -> UInt8? {
        if octet &- 0x30 < 10 { return octet &- 0x30 }
        let letter = (octet | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// A letter of A to Z as a small one, anything else as it is.
    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 { octet &- 0x41 < 26 ? octet | 0x20 : octet }
}

extension Span<UInt8> {
    /// Whether these octets are `text` but for the case of letters. `text` has small letters.
    func equals(ignoringCase text: String) -> Bool {
        var index = 0
        for octet in text.utf8 {
            guard index < count, Octet.lowercased(self[index]) == octet else { return false }
            index += 1
        }
        return index == count
    }

    /// Whether these octets are `text`.
    func equals(_ text: String) -> Bool {
        var index = 0
        for octet in text.utf8 {
            guard index < count, self[index] == octet else { return false }
            index += 1
        }
        return index == count
    }

    /// Where these octets are without spaces and tabs at either end.
    func trimmed() -> Range<Int> {
        var start = 0
        var end = count
        while start < end, self[start] == Octet.space || self[start] == Octet.tab { start += 1 }
        while end > start, self[end - 1] == Octet.space || self[end - 1] == Octet.tab { end -= 1 }
        return start..<end
    }
}
