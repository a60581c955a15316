/// Reads RFC 4180 as it comes: feed it bytes, take records.
///
/// Lines may end in CR LF or LF; a field in quotes may hold commas, ends of lines and doubled quotes. Other than RFC
/// 4180 it
/// takes quotes inside of an unquoted field as they are, and leaves out a UTF-8 byte order mark and empty lines.
struct CSVParser {
    /// A record and the line where it begins, from 1.
    struct Record: Equatable {
        var fields: [[UInt8]]
        var line: Int
    }

    /// Why the text is not CSV.
    struct Fault: Error, Equatable, CustomStringConvertible {
        var line: Int
        var reason: String
        var description: String { "line \(line): \(reason)" }
    }

    private enum Place {
        case fieldStart
        case unquoted
        case quoted
        /// Behind a quote in a quoted field: its end, or the first of two.
        case quote
        /// Behind a CR.
        case carriageReturn
    }

    private var place = Place.fieldStart
    private var field: [UInt8] = []
    private var fields: [[UInt8]] = []
    private var line = 1
    private var recordLine = 1
    private var offset = 0
    private var mark: [UInt8] = []

    /// Takes bytes.
    ///
    /// - Returns: the records that they complete.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(Fault) -> [Record] {
        var records: [Record] = []
        for byte in bytes {
            if offset < 3, byte == [0xEF, 0xBB, 0xBF][offset] {
                mark.append(byte)
                offset += 1
                continue
            }
            if offset < 3 {
                // Not a whole byte order mark: its bytes are text.
                field += mark
                if !mark.isEmpty { place = .unquoted }
                offset = 3
            }
            if let record = try step(byte) { records.append(record) }
        }
        return records
    }

    /// The text is over.
    ///
    /// - Returns: the last record, if no end of line was behind it.
    mutating func finish() throws(Fault) -> Record? {
        if offset < 3 { field += mark }
        if case .quoted = place { throw Fault(line: recordLine, reason: "a quoted field is not closed") }
        if field.isEmpty, fields.isEmpty, place == .fieldStart || place == .carriageReturn { return nil }
        return endRecord()
    }

    private mutating func step(_ byte: UInt8) throws(Fault) -> Record? {
        if byte == 0x0A { line += 1 }
        switch (place, byte) {
        case (.quoted, UInt8(ascii: "\"")): place = .quote
        case (.quoted, _): field.append(byte)
        case (.quote, UInt8(ascii: "\"")):
            field.append(byte)
            place = .quoted
        case (.fieldStart, UInt8(ascii: "\"")): place = .quoted
        case (.carriageReturn, 0x0A): return lineEnd()
        case (.carriageReturn, _):
            throw Fault(line: line, reason: "a CR stands outside of quotes without an LF behind it")
        case (_, UInt8(ascii: ",")): endField()
        case (_, 0x0D):
            if place == .fieldStart, fields.isEmpty { place = .carriageReturn } else { endLineSoon() }
        case (_, 0x0A): return lineEnd()
        case (.quote, _): throw Fault(line: line, reason: "something stands behind a quoted field")
        case (.fieldStart, _), (.unquoted, _):
            field.append(byte)
            place = .unquoted
        }
        return nil
    }

    /// Whether the line that a CR ends has something in it.
    private var isLineFilled = false

    private mutating func endLineSoon() {
        isLineFilled = true
        place = .carriageReturn
    }

    private mutating func lineEnd() -> Record? {
        let isEmpty =
            fields.isEmpty && field.isEmpty && !isLineFilled && (place == .fieldStart || place == .carriageReturn)
        isLineFilled = false
        if isEmpty {
            place = .fieldStart
            recordLine = line
            return nil
        }
        return endRecord()
    }

    private mutating func endField() {
        fields.append(field)
        field.removeAll()
        place = .fieldStart
    }

    private mutating func endRecord() -> Record {
        endField()
        let record = Record(fields: fields, line: recordLine)
        fields = []
        recordLine = line
        return record
    }
}
