public import DoSQLProtocol

/// A JSON text that is carried and never understood: the data of a message or an event (`protocol/json.md`, hub).
public enum JSONData {
    /// Appends the value that `reader` is in front of without the white space between its tokens; all else stays as it
    /// was written, so that numbers of any length survive. The result has no line break.
    @_lifetime(reader: copy reader)
    static func append(_ reader: inout JSONReader, to writer: inout ByteWriter) throws(JSONFault) {
        _ = try reader.peek()
        let start = reader.offset
        try reader.skipValue()
        appendCompact(reader.bytes.extracting(start..<reader.offset), to: &writer)
    }

    /// Appends a JSON text of any origin: compact, if it is JSON, and else as a JSON string of what it is.
    public static func append(_ text: Span<UInt8>, to writer: inout ByteWriter) {
        if isJSON(text) {
            appendCompact(text, to: &writer)
        } else {
            writer.appendJSON(text: text)
        }
    }

    /// Whether a text is one JSON value and nothing else.
    public static func isJSON(_ text: Span<UInt8>) -> Bool {
        var reader = JSONReader(text)
        do {
            try reader.skipValue()
            try reader.expectEnd()
            return true
        } catch {
            return false
        }
    }

    private static func appendCompact(_ text: Span<UInt8>, to writer: inout ByteWriter) {
        var isInString = false
        var run = 0
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "\\"): index &+= 1
            case 0x20 where !isInString, 0x0A where !isInString, 0x0D where !isInString, 0x09 where !isInString:
                if run < index { writer.append(text.extracting(run..<index)) }
                run = index &+ 1
            default: break
            }
            index &+= 1
        }
        if run < text.count { writer.append(text.extracting(run..<text.count)) }
    }
}
