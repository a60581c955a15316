import DoSQLProtocol

/// A member of an object that a request may have: where its value lies, found in a first pass over the object, so that
/// members may come in any order while a message's fields have one.
struct Member {
    /// Where the value begins; nil if the member is not there, or null.
    private(set) var offset: Int?
    private var isSeen = false

    /// Passes over the member's value and remembers where it was.
    @_lifetime(reader: copy reader)
    mutating func take(_ name: String, from reader: inout JSONReader) throws(JSONFault) {
        guard !isSeen else { throw JSONFault("it occurs twice", path: name) }
        isSeen = true
        if try reader.peek() != .null { offset = reader.offset }
        try reader.skipValue()
    }
}

extension JSONReader {
    /// Opens the object that a whole request or a part of it must be.
    @_lifetime(self: copy self)
    mutating func beginRequestObject() throws(JSONFault) {
        guard try peek() == .object else { throw JSONFault("an object is needed") }
        try beginObject()
    }

    /// The string of a member that must be there.
    @_lifetime(copy self)
    func string(_ name: String, _ member: Member) throws(JSONFault) -> JSONString {
        guard let string = try optionalString(name, member) else { throw JSONFault("a string is needed", path: name) }
        return string
    }

    /// The string of a member, if it is there.
    @_lifetime(copy self)
    func optionalString(_ name: String, _ member: Member) throws(JSONFault) -> JSONString? {
        guard let offset = member.offset else { return nil }
        var reader = reader(at: offset)
        guard try reader.peek() == .string else { throw JSONFault("a string is needed", path: name) }
        return try reader.readString()
    }

    /// A string that becomes a text of a message's own, which holds no NUL (`protocol/values.md`, building blocks).
    @_lifetime(copy self)
    func messageText(_ name: String, _ member: Member) throws(JSONFault) -> JSONString {
        let text = try string(name, member)
        guard !text.hasNUL else { throw JSONFault("a NUL (\\u0000) cannot stand in it", path: name) }
        return text
    }

    /// The flag of a member, false if it is not there.
    func bool(_ name: String, _ member: Member) throws(JSONFault) -> Bool {
        guard let offset = member.offset else { return false }
        var reader = reader(at: offset)
        guard try reader.peek() == .boolean else { throw JSONFault("true or false is needed", path: name) }
        return try reader.readBool()
    }

    /// The number of a member that counts something, if it is there: an integer from 0 up.
    func count(_ name: String, _ member: Member) throws(JSONFault) -> UInt64? {
        guard let offset = member.offset else { return nil }
        var reader = reader(at: offset)
        guard try reader.peek() == .number, case .integer(let value) = try reader.readNumber(), value >= 0 else {
            throw JSONFault("an integer from 0 up is needed", path: name)
        }
        return UInt64(value)
    }

    /// One of a few words, the first of them if the member is not there.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ member: Member, else standard: Choice
    ) throws(JSONFault) -> Choice {
        guard let word = try optionalString(name, member) else { return standard }
        for choice in Choice.allCases where word.means(choice.rawValue) { return choice }
        let words = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw JSONFault("one of \(words) is needed", path: name)
    }

    /// A reader in front of the elements of a member that must be an array.
    @_lifetime(copy self)
    func array(_ name: String, _ member: Member) throws(JSONFault) -> JSONReader {
        guard let offset = member.offset else { throw JSONFault("an array is needed", path: name) }
        var reader = reader(at: offset)
        guard try reader.peek() == .array else { throw JSONFault("an array is needed", path: name) }
        try reader.beginArray()
        return reader
    }
}

extension ByteWriter {
    /// A text of a message's own from a string without NUL.
    mutating func writeText(_ string: borrowing JSONString) {
        writeVarint(string.count)
        string.append(to: &self)
    }

    /// A statement by its text (`protocol/values.md`, statement).
    mutating func writeStatement(_ sql: borrowing JSONString) {
        writeU8(0)
        writeText(sql)
    }

    /// Makes room for a count that is known only when what it counts was written; see `endCount(at:_:)`.
    mutating func beginCount() -> Int {
        writeU8(0)
        return count - 1
    }

    /// Fills in the count at `position` as the shortest varint, and moves what stands behind it if it is long.
    mutating func endCount(at position: Int, _ value: Int) {
        if value < 0x80 {
            bytes[position] = UInt8(truncatingIfNeeded: value)
            return
        }
        var varint = ByteWriter()
        varint.writeVarint(value)
        bytes.replaceSubrange(position...position, with: varint.bytes)
    }
}
