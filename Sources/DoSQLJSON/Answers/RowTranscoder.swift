public import DoSQLProtocol

/// Turns the rows of one result into JSON, in as many parts as they come (`protocol/json.md`, results).
///
/// Names are escaped once, when the columns are known. Invariant: `ends` has an offset into `names` for each column.
public struct RowTranscoder: Sendable {
    /// What stands between rows.
    public enum Layout: Hashable, Sendable {
        /// Commas: the rows are elements of an array.
        case elements
        /// A line feed ends each row.
        case lines
    }

    /// How rows are written.
    public let style: ResultStyle
    /// What stands between rows.
    public let layout: Layout
    /// How many rows have been written.
    public private(set) var rowsWritten = 0
    /// For objects what stands before each value, for arrays the names with commas between.
    private var names = ByteWriter()
    /// Where the part of each column ends; it is empty where a later column has the same name.
    private var ends: [Int] = []

    /// A transcoder for rows of these columns.
    public init(_ columns: ColumnsView, style: ResultStyle, layout: Layout = .elements) throws(DecodeError) {
        self.style = style
        self.layout = layout
        names.reserve(columns.bytes.count + 4 * columns.count)
        ends.reserveCapacity(columns.count)
        let hidden = style.rows == .objects ? try columns.repeatedNames() : []
        var reader = ByteReader(columns.bytes)
        for index in 0..<columns.count {
            let name = try reader.readBytes()
            if hidden.isEmpty || !hidden.contains(index) {
                if style.rows == .objects {
                    names.writeU8(names.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
                } else if index > 0 {
                    names.writeU8(UInt8(ascii: ","))
                }
                names.appendJSON(utf8: name)
                if style.rows == .objects { names.writeU8(UInt8(ascii: ":")) }
            }
            ends.append(names.count)
        }
    }

    /// Appends the array of the columns' names. Of a style with arrays only.
    public func appendColumns(to writer: inout ByteWriter) {
        precondition(style.rows == .arrays, "Objects have their names in every row.")
        writer.writeU8(UInt8(ascii: "["))
        writer.append(names.bytes)
        writer.writeU8(UInt8(ascii: "]"))
    }

    /// Appends the next rows of the result.
    /// - Parameter end: how many bytes the writer may have then: ``JSONLimits/expanded(_:)``.
    /// - Throws: `tooMany` beyond that, and what is wrong with the rows.
    public mutating func append(_ rows: RowsView, to writer: inout ByteWriter, upTo end: Int = .max) throws(DecodeError)
    {
        var reader = rows.makeReader()
        while reader.nextRow() {
            if layout == .elements, rowsWritten > 0 { writer.writeU8(UInt8(ascii: ",")) }
            try appendRow(&reader, to: &writer)
            if layout == .lines { writer.writeU8(0x0A) }
            rowsWritten &+= 1
            if writer.count > end { throw .tooMany }
        }
    }

    /// Appends the first row alone, or null if there is none.
    public func appendFirst(_ rows: RowsView, to writer: inout ByteWriter) throws(DecodeError) {
        var reader = rows.makeReader()
        guard reader.nextRow() else { return writer.appendJSON(literal: "null") }
        try appendRow(&reader, to: &writer)
    }

    @_lifetime(reader: copy reader)
    private func appendRow(_ reader: inout RowReader, to writer: inout ByteWriter) throws(DecodeError) {
        if style.rows == .arrays {
            writer.writeU8(UInt8(ascii: "["))
            for index in 0..<ends.count {
                if index > 0 { writer.writeU8(UInt8(ascii: ",")) }
                writer.appendJSON(try reader.nextValue(), integers: style.integers)
            }
            return writer.writeU8(UInt8(ascii: "]"))
        }
        var start = 0
        for end in ends {
            let value = try reader.nextValue()
            if start == end { continue }
            writer.bytes.append(contentsOf: names.bytes[start..<end])
            writer.appendJSON(value, integers: style.integers)
            start = end
        }
        writer.writeU8(UInt8(ascii: "}"))
    }
}

extension ColumnsView {
    /// The columns whose name a later column has too.
    fileprivate func repeatedNames() throws(DecodeError) -> Set<Int> {
        if count < 2 { return [] }
        var hidden: Set<Int> = []
        // A handful is compared with one another; with many that would be slow.
        if count <= 16 {
            var reader = ByteReader(bytes)
            for index in 0..<count {
                let name = try reader.readBytes()
                var later = reader
                for _ in index + 1..<count where try later.readBytes().hasSameBytes(as: name) {
                    hidden.insert(index)
                    break
                }
            }
            return hidden
        }
        var seen: [[UInt8]: Int] = [:]
        var reader = ByteReader(bytes)
        for index in 0..<count {
            let name = [UInt8](copying: try reader.readBytes())
            if let earlier = seen.updateValue(index, forKey: name) { hidden.insert(earlier) }
        }
        return hidden
    }
}

extension ByteWriter {
    /// A value (`protocol/json.md`, values).
    mutating func appendJSON(_ value: ValueView, integers: ResultStyle.Integers) {
        switch value {
        case .null, .reference: appendJSON(literal: "null")
        case .integer(let value): appendJSON(integer: value, integers)
        case .real(let value): appendJSON(real: value)
        case .text(let text): appendJSON(text: text)
        case .blob(let bytes):
            appendJSON(literal: "{\"$blob\":\"")
            Base64.append(bytes, to: &self)
            appendJSON(literal: "\"}")
        }
    }

    /// An integer (`protocol/json.md`, values).
    mutating func appendJSON(integer value: Int64, _ style: ResultStyle.Integers) {
        if value.magnitude < 1 << 53 || style == .number { return appendJSON(digits: value) }
        appendJSON(literal: style == .tagged ? "{\"$int\":\"" : "\"")
        appendJSON(digits: value)
        appendJSON(literal: style == .tagged ? "\"}" : "\"")
    }
}
