/// A host with an optional port (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
enum Authority {
    /// Whether these octets are a name or an address, with or without a port. An empty one is allowed: a client sends
    /// it if its target has no host. Of the octets that a registered name may have, only those are taken that names in
    /// use have.
    static func isValid(_ octets: Span<UInt8>) -> Bool {
        var index = 0
        if !octets.isEmpty, octets[0] == 0x5B {
            index = 1
            while index < octets.count, isAddress(octets[index]) { index += 1 }
            guard index > 1, index < octets.count, octets[index] == 0x5D else { return false }
            index += 1
        } else {
            while index < octets.count, isName(octets[index]) { index += 1 }
        }
        if index == octets.count { return true }
        // A port belongs to a host.
        guard octets[index] == 0x3A, index > 0 else { return false }
        index += 1
        guard octets.count - index <= 5 else { return false }
        while index < octets.count {
            guard Octet.isDigit(octets[index]) else { return false }
            index += 1
        }
        return true
    }

    /// The host of a valid authority, with small letters and without its port.
    static func host(_ authority: Substring) -> String {
        if authority.utf8.first == 0x5B, let end = authority.utf8.firstIndex(of: 0x5D) {
            return authority[...end].lowercased()
        }
        let end = authority.utf8.firstIndex(of: 0x3A) ?? authority.endIndex
        return authority[..<end].lowercased()
    }

    private static func isAddress(_ octet: UInt8) -> Bool {
        Octet.hexadecimal(octet) != nil || octet == 0x3A || octet == 0x2E
    }

    private static func isName(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x2D, 0x2E, 0x5F, 0x7E: true
        default: Octet.isDigit(octet) || Octet.lowercased(octet) &- 0x61 < 26
        }
    }
}
