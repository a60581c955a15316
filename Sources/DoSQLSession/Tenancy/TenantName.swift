/// The name of a tenant: 1–128 bytes of `A-Z a-z 0-9 . _ : -`, the first a letter or digit (`protocol/messages.md`,
/// OPEN).
///
/// A string of a client cannot become a path by accident: only a value of this type has a ``fileStem``, and every value
/// of it is valid. Names differ by case, also on disks that do not: see ``fileStem``.
public struct TenantName: Hashable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    public static let lengthMax = 128

    /// Why a string is not a tenant's name.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The name has no bytes.
        case empty
        /// The name has more than ``TenantName/lengthMax`` bytes.
        case tooLong(length: Int)
        /// The byte at this offset may not stand there.
        case badByte(UInt8, offset: Int)

        /// The rule that was broken, for people.
        public var description: String {
            switch self {
            case .empty:
                return "a tenant name has at least one character"
            case .tooLong(let length):
                return "a tenant name has at most \(TenantName.lengthMax) bytes, this one has \(length)"
            case .badByte(let byte, let offset):
                let shown = byte > 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
                return offset == 0
                    ? "a tenant name begins with a letter or digit, not \(shown)"
                    : "a tenant name has only A-Z a-z 0-9 . _ : -, not \(shown) (at \(offset))"
            }
        }
    }

    /// The name as the client wrote it.
    public let description: String

    /// Validates a name.
    /// - Throws: ``Fault`` that says which rule the string breaks.
    public init(_ name: some StringProtocol) throws(Fault) {
        let bytes = name.utf8
        guard let first = bytes.first else { throw .empty }
        let length = bytes.count
        guard length <= Self.lengthMax else { throw .tooLong(length: length) }
        guard Self.isAlphanumeric(first) else { throw .badByte(first, offset: 0) }
        for (offset, byte) in bytes.enumerated() where !Self.isAllowed(byte) {
            throw .badByte(byte, offset: offset)
        }
        description = String(name)
    }

    /// The name as a file name that is safe everywhere, also on disks that do not tell upper from lower case: the
    /// letters in lower case, `:` as `=`, and, only if there were capitals, `~` and a hexadecimal digit for each four
    /// letters that says which were. At most 161 bytes of `a-z 0-9 . _ = - ~`, beginning with a letter or digit; the
    /// way back is ``init(fileStem:)``.
    public var fileStem: String {
        var stem = ""
        var capitals: [UInt8] = []
        for (index, byte) in description.utf8.enumerated() {
            if index % 4 == 0 { capitals.append(0) }
            var lower = byte
            if byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") {
                lower = byte + 0x20
                capitals[capitals.count - 1] |= 1 << UInt8(index % 4)
            }
            stem.unicodeScalars.append(UnicodeScalar(lower == UInt8(ascii: ":") ? UInt8(ascii: "=") : lower))
        }
        while capitals.last == 0 { capitals.removeLast() }
        if capitals.isEmpty { return stem }
        return stem + "~" + capitals.map { String($0, radix: 16) }.joined()
    }

    /// The name that has this ``fileStem``, or nil if no name has: other files in the folder are not tenants.
    public init?(fileStem: String) {
        let parts = fileStem.split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        var capitals: [UInt8] = []
        if parts.count == 2 {
            for digit in parts[1].utf8 {
                guard let value = UInt8(String(UnicodeScalar(digit)), radix: 16) else { return nil }
                capitals.append(value)
            }
        }
        var name = ""
        for (index, byte) in parts[0].utf8.enumerated() {
            var original = byte == UInt8(ascii: "=") ? UInt8(ascii: ":") : byte
            if index / 4 < capitals.count, capitals[index / 4] & (1 << UInt8(index % 4)) != 0 {
                guard byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") else { return nil }
                original = byte - 0x20
            }
            name.unicodeScalars.append(UnicodeScalar(original))
        }
        guard let parsed = try? TenantName(name), parsed.fileStem == fileStem else { return nil }
        self = parsed
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            return true
        default:
            return false
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            return true
        default:
            return isAlphanumeric(byte)
        }
    }
}
