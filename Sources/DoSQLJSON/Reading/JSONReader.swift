import DoSQLProtocol

/// What a JSON value is, by its first byte.
public enum JSONKind: Hashable, Sendable {
    /// `{…}`
    case object
    /// `[…]`
    case array
    /// `"…"`
    case string
    /// `-1.5e3`
    case number
    /// `true` or `false`
    case boolean
    /// `null`
    case null
}

/// Reads a JSON text front to back, strictly as RFC 8259 has it: UTF-8 without byte order mark, no lone surrogates, no
/// comments, no comma behind the last element, nothing behind the value.
///
/// The caller pulls: `beginObject`, then `nextMember` and a value until it gives nil; `beginArray`, then `nextElement`
/// and a value until it gives false; `expectEnd` at last. What it hands out lies in the bytes it reads.
/// Invariant: `0 ≤ offset ≤ bytes.count`, `0 ≤ depth ≤ JSONLimits.depthMax`, one bit of `objects` a level.
public struct JSONReader: ~Escapable {
    /// All the bytes, also those already read.
    public let bytes: Span<UInt8>
    /// How many bytes have been read.
    public internal(set) var offset = 0
    /// How many arrays and objects are open.
    public private(set) var depth = 0
    /// Which of them are objects; the innermost is bit `depth - 1`.
    private var objects: UInt64 = 0
    /// Whether the innermost has just been opened, so that no comma stands before its first element.
    private var isFresh = false

    /// A reader in front of the first of `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// A reader of the value at `offset`, which this reader has passed over before.
    @_lifetime(copy self)
    func reader(at offset: Int) -> JSONReader {
        var reader = JSONReader(bytes)
        reader.offset = offset
        return reader
    }

    /// What the next value is, without reading it. White space before it is read.
    @_lifetime(self: copy self)
    public mutating func peek() throws(JSONFault) -> JSONKind {
        skipSpace()
        guard offset < bytes.count else { throw unexpected("a value") }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw unexpected("a value")
        }
    }

    /// Reads `true` or `false`.
    @_lifetime(self: copy self)
    public mutating func readBool() throws(JSONFault) -> Bool {
        guard try peek() == .boolean else { throw unexpected("true or false") }
        let isTrue = bytes[offset] == UInt8(ascii: "t")
        try read(literal: isTrue ? "true" : "false")
        return isTrue
    }

    /// Reads `null`.
    @_lifetime(self: copy self)
    public mutating func readNull() throws(JSONFault) {
        guard try peek() == .null else { throw unexpected("null") }
        try read(literal: "null")
    }

    /// Makes sure that nothing but white space is left.
    @_lifetime(self: copy self)
    public mutating func expectEnd() throws(JSONFault) {
        skipSpace()
        guard offset == bytes.count else { throw unexpected("the end") }
    }

    @_lifetime(self: copy self)
    private mutating func read(literal: String) throws(JSONFault) {
        for byte in literal.utf8 {
            guard offset < bytes.count, bytes[offset] == byte else { throw unexpected(literal) }
            offset &+= 1
        }
    }

    @inline(always)
    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset &+= 1
            default: return
            }
        }
    }

    @inline(never)
    func unexpected(_ wanted: String) -> JSONFault {
        if offset == bytes.count { return JSONFault("the JSON ends where \(wanted) is needed", offset: offset) }
        let byte = bytes[offset]
        if byte == 0xEF, offset == 0 {
            return JSONFault("the JSON begins with a byte order mark or another byte that is not JSON", offset: 0)
        }
        let shown = byte > 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
        return JSONFault("not JSON: \(shown) stands where \(wanted) is needed", offset: offset)
    }
}

// MARK: - Arrays and objects

extension JSONReader {
    /// Opens an object.
    @_lifetime(self: copy self)
    public mutating func beginObject() throws(JSONFault) {
        guard try peek() == .object else { throw unexpected("an object") }
        try open(isObject: true)
    }

    /// Opens an array.
    @_lifetime(self: copy self)
    public mutating func beginArray() throws(JSONFault) {
        guard try peek() == .array else { throw unexpected("an array") }
        try open(isObject: false)
    }

    /// The name of the innermost object's next member, whose value must be read next; nil behind the last, when the
    /// object is closed.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func nextMember() throws(JSONFault) -> JSONString? {
        precondition(isInObject, "Members are those of an open object.")
        guard try nextElement(closing: UInt8(ascii: "}"), wanted: "a name or }", separated: "a comma or }") else {
            return nil
        }
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw unexpected("a name") }
        let name = try readString()
        skipSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else { throw unexpected("a colon") }
        offset &+= 1
        return name
    }

    /// Whether the innermost array has another element, which must be read next; if not, the array is closed.
    @_lifetime(self: copy self)
    public mutating func nextElement() throws(JSONFault) -> Bool {
        precondition(depth > 0 && !isInObject, "Elements are those of an open array.")
        return try nextElement(closing: UInt8(ascii: "]"), wanted: "a value or ]", separated: "a comma or ]")
    }

    /// Passes over a value of any kind. It is checked, but for the range of its numbers.
    @_lifetime(self: copy self)
    public mutating func skipValue() throws(JSONFault) {
        let base = depth
        repeat {
            switch try peek() {
            case .object: try open(isObject: true)
            case .array: try open(isObject: false)
            case .string: _ = try readString()
            case .number: _ = try scanNumber()
            case .boolean: _ = try readBool()
            case .null: try readNull()
            }
            // To the next value of what is open; what has none left is closed.
            while depth > base {
                if isInObject {
                    if try nextMember() != nil { break }
                } else {
                    if try nextElement() { break }
                }
            }
        } while depth > base
    }

    private var isInObject: Bool { depth > 0 && objects &>> UInt64(depth &- 1) & 1 == 1 }

    @_lifetime(self: copy self)
    private mutating func open(isObject: Bool) throws(JSONFault) {
        guard depth < JSONLimits.depthMax else {
            throw JSONFault("the JSON is more than \(JSONLimits.depthMax) levels deep", offset: offset)
        }
        let bit = (1 as UInt64) &<< UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        depth &+= 1
        offset &+= 1
        isFresh = true
    }

    @_lifetime(self: copy self)
    private mutating func nextElement(closing: UInt8, wanted: String, separated: String) throws(JSONFault) -> Bool {
        skipSpace()
        guard offset < bytes.count else { throw unexpected(isFresh ? wanted : separated) }
        if bytes[offset] == closing {
            offset &+= 1
            depth &-= 1
            isFresh = false
            return false
        }
        if isFresh {
            isFresh = false
            return true
        }
        guard bytes[offset] == UInt8(ascii: ",") else { throw unexpected(separated) }
        offset &+= 1
        skipSpace()
        return true
    }
}
