import DoSQLProtocol

/// Where a value stands: only a batch's may refer to earlier steps.
struct ValueScope {
    /// References must be to a step before this one; nil: there are none here.
    var referencesBefore: Int?

    /// Of a statement by itself.
    static var statement: ValueScope { ValueScope(referencesBefore: nil) }
}

extension ByteWriter {
    /// Translates one JSON value into one of SQLite's (`protocol/json.md`, values).
    @_lifetime(reader: copy reader)
    mutating func writeValue(_ reader: inout JSONReader, _ scope: ValueScope) throws(JSONFault) {
        switch try reader.peek() {
        case .null:
            try reader.readNull()
            writeNull()
        case .boolean:
            writeInteger(try reader.readBool() ? 1 : 0)
        case .number:
            switch try reader.readNumber() {
            case .integer(let value): writeInteger(value)
            case .real(let value): writeReal(value)
            }
        case .string:
            writeTextValue(try reader.readString())
        case .array:
            throw JSONFault("an array is not a value: send it as text (its JSON in a string)")
        case .object:
            try writeTaggedValue(&reader, scope)
        }
    }

    /// A text as a value (`protocol/values.md`, SQLite values).
    private mutating func writeTextValue(_ string: borrowing JSONString) {
        if !string.hasEscapes { return writeTextValue(string.raw) }
        if string.count < 64 {
            writeU8(0x80 | UInt8(truncatingIfNeeded: string.count))
        } else {
            writeU8(0x0A)
            writeVarint(string.count)
        }
        string.append(to: &self)
    }

    /// An object with one member, whose name says what the value is.
    @_lifetime(reader: copy reader)
    private mutating func writeTaggedValue(_ reader: inout JSONReader, _ scope: ValueScope) throws(JSONFault) {
        try reader.beginObject()
        guard let name = try reader.nextMember() else { throw Self.notTagged }
        if name.means("$blob") {
            let bytes = try reader.readBase64("$blob")
            writeBlobValue(bytes.span)
        } else if name.means("$text") {
            let bytes = try reader.readBase64("$text")
            writeTextValue(bytes.span)
        } else if name.means("$int") {
            writeInteger(try reader.readTaggedInteger())
        } else if name.means("$double") {
            writeReal(try reader.readTaggedReal())
        } else if name.means("$ref") {
            try writeReference(&reader, scope)
        } else {
            throw Self.notTagged
        }
        guard try reader.nextMember() == nil else { throw Self.notTagged }
    }

    private static var notTagged: JSONFault {
        JSONFault(
            "an object is a value only as {\"$blob\": …}, {\"$int\": …}, {\"$double\": …} or {\"$text\": …}: "
                + "send any other as text (its JSON in a string)")
    }
}

extension JSONReader {
    @_lifetime(self: copy self)
    fileprivate mutating func readBase64(_ name: String) throws(JSONFault) -> [UInt8] {
        let text = try readTagged(name)
        guard let bytes = text.base64 else { throw JSONFault("padded base64 is needed", path: name) }
        return bytes
    }

    @_lifetime(self: copy self)
    fileprivate mutating func readTaggedInteger() throws(JSONFault) -> Int64 {
        let text = try readTagged("$int")
        guard let value = text.integer else {
            throw JSONFault("the digits of a 64-bit integer are needed", path: "$int")
        }
        return value
    }

    @_lifetime(self: copy self)
    fileprivate mutating func readTaggedReal() throws(JSONFault) -> Double {
        let text = try readTagged("$double")
        if text.means("Infinity") { return .infinity }
        if text.means("-Infinity") { return -.infinity }
        if text.means("NaN") {
            throw JSONFault(
                "SQLite cannot store NaN: send null if that is meant", code: .nanNotStorable, path: "$double")
        }
        guard let value = text.real else {
            throw JSONFault("a number, Infinity or -Infinity is needed", path: "$double")
        }
        return value
    }

    @_lifetime(copy self)
    @_lifetime(self: copy self)
    private mutating func readTagged(_ name: String) throws(JSONFault) -> JSONString {
        guard try peek() == .string else { throw JSONFault("a string is needed", path: name) }
        return try readString()
    }
}

extension JSONString {
    /// The bytes that the string means in base64.
    fileprivate var base64: [UInt8]? {
        guard hasEscapes else { return Base64.decode(raw) }
        let bytes = bytes
        return Base64.decode(bytes.span)
    }

    /// The integer whose digits the string means.
    fileprivate var integer: Int64? {
        guard hasEscapes else { return JSONNumber.integer(raw) }
        let bytes = bytes
        return JSONNumber.integer(bytes.span)
    }

    /// The number whose digits the string means.
    fileprivate var real: Double? {
        guard hasEscapes else { return JSONNumber.real(raw) }
        let bytes = bytes
        return JSONNumber.real(bytes.span)
    }
}

extension ByteWriter {
    /// The parameters of a statement: an array by place, an object by name, nothing or null for none
    /// (`protocol/values.md`, parameters).
    mutating func writeParameters(
        _ member: Member, of request: borrowing JSONReader, _ scope: ValueScope
    ) throws(JSONFault) {
        guard let offset = member.offset else { return writeParametersHeader(.positional, count: 0) }
        var reader = request.reader(at: offset)
        do throws(JSONFault) {
            switch try reader.peek() {
            case .array: try writePositional(&reader, scope)
            case .object: try writeNamed(&reader, scope)
            default: throw JSONFault("an array or an object is needed")
            }
        } catch {
            throw error.inside("params")
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func writePositional(_ reader: inout JSONReader, _ scope: ValueScope) throws(JSONFault) {
        writeU8(ParameterForm.positional.rawValue)
        let position = beginCount()
        var index = 0
        try reader.beginArray()
        while try reader.nextElement() {
            do throws(JSONFault) {
                guard index < Limits.parametersMax else {
                    throw JSONFault("a statement has at most \(Limits.parametersMax) parameters", code: .parameterCount)
                }
                try writeValue(&reader, scope)
            } catch {
                throw error.inside(element: index)
            }
            index &+= 1
        }
        endCount(at: position, index)
    }

    @_lifetime(reader: copy reader)
    private mutating func writeNamed(_ reader: inout JSONReader, _ scope: ValueScope) throws(JSONFault) {
        writeU8(ParameterForm.named.rawValue)
        let position = beginCount()
        var count = 0
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard !name.hasNUL else { throw JSONFault("a NUL (\\u0000) cannot stand in a name") }
            writeText(name)
            do throws(JSONFault) {
                try writeValue(&reader, scope)
            } catch {
                throw error.inside(name.quoted)
            }
            count &+= 1
        }
        endCount(at: position, count)
    }
}
