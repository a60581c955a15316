import DoSQLProtocol

/// The names of operators in JSON (`protocol/json.md`, batches).
private enum OperatorName: String, CaseIterable {
    case ran, failed, skipped
    case not, and, or
    case eq, ne, lt, le, gt, ge
    case isNull

    /// The operator's byte (`protocol/batches.md`, expressions).
    var byte: UInt8 {
        switch self {
        case .ran: 0x01
        case .failed: 0x02
        case .skipped: 0x03
        case .not: 0x10
        case .and: 0x11
        case .or: 0x12
        case .eq: 0x20
        case .ne: 0x21
        case .lt: 0x22
        case .le: 0x23
        case .gt: 0x24
        case .ge: 0x25
        case .isNull: 0x26
        }
    }
}

/// Translates a condition or an assertion into the prefix form of the protocol (`protocol/batches.md`, expressions).
struct ExpressionTranslation {
    /// Steps must come before this one.
    let limit: Int

    /// An expression with its length in front; nothing is the empty one.
    func write(
        _ name: String, _ member: Member, of request: borrowing JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) {
        guard let offset = member.offset else { return writer.writeVarint(0) }
        var reader = request.reader(at: offset)
        let position = writer.beginCount()
        do throws(JSONFault) {
            try write(&reader, into: &writer, depthLeft: Limits.expressionDepthMax)
        } catch {
            throw error.inside(name)
        }
        writer.endCount(at: position, writer.count - position - 1)
    }

    @_lifetime(reader: copy reader)
    private func write(
        _ reader: inout JSONReader, into writer: inout ByteWriter, depthLeft: Int
    ) throws(JSONFault) {
        guard depthLeft > 0 else {
            throw JSONFault("an expression is at most \(Limits.expressionDepthMax) operators deep")
        }
        guard try reader.peek() == .object else { throw Self.notAnExpression }
        try reader.beginObject()
        guard let word = try reader.nextMember() else { throw Self.notAnExpression }
        var found: OperatorName?
        for name in OperatorName.allCases where word.means(name.rawValue) { found = name }
        guard let found else { throw Self.notAnExpression }
        do throws(JSONFault) {
            switch found {
            case .ran, .failed, .skipped:
                writer.writeU8(found.byte)
                writer.writeVarint(try readStep(&reader))
            case .not:
                writer.writeU8(found.byte)
                try write(&reader, into: &writer, depthLeft: depthLeft - 1)
            case .and, .or: try writeList(found.byte, &reader, into: &writer, depthLeft: depthLeft)
            case .eq, .ne, .lt, .le, .gt, .ge:
                writer.writeU8(found.byte)
                try writeOperands(&reader, into: &writer)
            case .isNull:
                writer.writeU8(found.byte)
                try writer.writeValue(&reader, ValueScope(referencesBefore: limit))
            }
        } catch {
            throw error.inside(found.rawValue)
        }
        guard try reader.nextMember() == nil else { throw Self.notAnExpression }
    }

    @_lifetime(reader: copy reader)
    private func readStep(_ reader: inout JSONReader) throws(JSONFault) -> Int {
        guard try reader.peek() == .number, case .integer(let step) = try reader.readNumber(), step >= 0 else {
            throw JSONFault("the number of a step is needed")
        }
        guard step < limit else { throw JSONReader.laterStep(UInt64(step)) }
        return Int(step)
    }

    @_lifetime(reader: copy reader)
    private func writeOperands(_ reader: inout JSONReader, into writer: inout ByteWriter) throws(JSONFault) {
        guard try reader.peek() == .array else { throw JSONFault("an array of two values is needed") }
        try reader.beginArray()
        for index in 0..<2 {
            guard try reader.nextElement() else { throw JSONFault("an array of two values is needed") }
            do throws(JSONFault) {
                try writer.writeValue(&reader, ValueScope(referencesBefore: limit))
            } catch {
                throw error.inside(element: index)
            }
        }
        guard try !reader.nextElement() else { throw JSONFault("an array of two values is needed") }
    }

    /// Operands of *and* and *or*: any number, which the protocol takes two by two. Halving keeps the tree low.
    @_lifetime(reader: copy reader)
    private func writeList(
        _ byte: UInt8, _ reader: inout JSONReader, into writer: inout ByteWriter, depthLeft: Int
    ) throws(JSONFault) {
        guard try reader.peek() == .array else { throw JSONFault("an array of expressions is needed") }
        var counter = reader
        try counter.beginArray()
        var count = 0
        while try counter.nextElement() {
            try counter.skipValue()
            count += 1
        }
        guard count > 0 else { throw JSONFault("at least one expression is needed") }
        try reader.beginArray()
        try writeTree(byte, of: 0..<count, &reader, into: &writer, depthLeft: depthLeft)
        _ = try reader.nextElement()
    }

    @_lifetime(reader: copy reader)
    private func writeTree(
        _ byte: UInt8, of range: Range<Int>, _ reader: inout JSONReader, into writer: inout ByteWriter, depthLeft: Int
    ) throws(JSONFault) {
        if range.count == 1 {
            _ = try reader.nextElement()
            do throws(JSONFault) {
                return try write(&reader, into: &writer, depthLeft: depthLeft)
            } catch {
                throw error.inside(element: range.lowerBound)
            }
        }
        guard depthLeft > 0 else {
            throw JSONFault("an expression is at most \(Limits.expressionDepthMax) operators deep")
        }
        let middle = range.lowerBound + range.count / 2
        writer.writeU8(byte)
        try writeTree(byte, of: range.lowerBound..<middle, &reader, into: &writer, depthLeft: depthLeft - 1)
        try writeTree(byte, of: middle..<range.upperBound, &reader, into: &writer, depthLeft: depthLeft - 1)
    }

    private static var notAnExpression: JSONFault {
        let names = OperatorName.allCases.map(\.rawValue).joined(separator: ", ")
        return JSONFault("an expression is an object with one member, named one of \(names)")
    }
}
