public import Logging

/// One event of the log as bytes that are one line, whatever is in it: line breaks and control characters, also those of
/// Unicode that editors break lines at, are escaped; what is too long is cut.
public struct LogLine: Sendable {
    /// Bytes of a message or of one value: a statement's text with its plan fits. What is longer is cut, and ends in `…`.
    public static let valueBytesMax = 8 << 10
    /// Values beside a message, those in nested ones counted; further ones are left out.
    public static let valuesMax = 64
    /// How deep values may be nested.
    private static let depthMax = 4

    /// The line, with its line feed.
    public private(set) var bytes: [UInt8] = []
    private var valuesLeft = LogLine.valuesMax

    /// Writes an event that happened at `milliseconds` since 1970.
    public init(
        _ format: LogFormat, at milliseconds: Int64, _ level: Logger.Level, _ message: String,
        _ metadata: Logger.Metadata
    ) {
        bytes.reserveCapacity(256)
        let time = Timestamp(milliseconds: milliseconds).description
        let sorted = metadata.sorted { $0.key < $1.key }
        switch format {
        case .text:
            append(time)
            append(" ")
            append(level.rawValue)
            append(" ")
            appendEscaped(message, quote: nil)
            for (name, value) in sorted where take() {
                append(" ")
                appendText(name)
                append("=")
                appendText(Self.flat(value, depth: 0))
            }
        case .json:
            append("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"message\":")
            appendJSON(message)
            if !sorted.isEmpty {
                append(",\"metadata\":")
                appendJSON(.dictionary(metadata), depth: 0)
            }
            append("}")
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func take() -> Bool {
        guard valuesLeft > 0 else { return false }
        valuesLeft -= 1
        return true
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    // MARK: Text

    /// A name or value: as it is, if nobody can mistake where it ends, else in quotes.
    private mutating func appendText(_ text: String) {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        if isPlain && text.utf8.count <= Self.valueBytesMax { return append(text) }
        append("\"")
        appendEscaped(text, quote: "\"")
        append("\"")
    }

    /// A value as one text: that of nested ones is Swift's own.
    private static func flat(_ value: Logger.MetadataValue, depth: Int) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array, .dictionary: value.description
        @unknown default: "\(value)"
        }
    }

    // MARK: JSON

    private mutating func appendJSON(_ value: Logger.MetadataValue, depth: Int) {
        switch value {
        case .string(let text): appendJSON(text)
        case .stringConvertible(let value):
            if let number = value as? any FixedWidthInteger {
                // Beyond 2⁵³ readers of JSON round.
                let text = "\(number)"
                if text.utf8.count <= 15 { append(text) } else { appendJSON(text) }
            } else if let truth = value as? Bool {
                append("\(truth)")
            } else {
                appendJSON(value.description)
            }
        case .array(let values) where depth < Self.depthMax:
            append("[")
            var isFirst = true
            for value in values where take() {
                if !isFirst { append(",") }
                isFirst = false
                appendJSON(value, depth: depth + 1)
            }
            append("]")
        case .dictionary(let values) where depth < Self.depthMax:
            append("{")
            var isFirst = true
            for (name, value) in values.sorted(by: { $0.key < $1.key }) where take() {
                if !isFirst { append(",") }
                isFirst = false
                appendJSON(name)
                append(":")
                appendJSON(value, depth: depth + 1)
            }
            append("}")
        default: appendJSON(value.description)
        }
    }

    private mutating func appendJSON(_ text: String) {
        append("\"")
        appendEscaped(text, quote: "\"", isJSON: true)
        append("\"")
    }

    // MARK: Escapes

    private mutating func appendEscaped(_ text: String, quote: Unicode.Scalar?, isJSON: Bool = false) {
        let start = bytes.count
        for scalar in text.unicodeScalars {
            guard bytes.count - start < Self.valueBytesMax else {
                append("…")
                return
            }
            switch scalar {
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\\" where quote != nil: append("\\\\")
            case "\"" where quote == scalar: append("\\\"")
            // Controls of ASCII and of Latin-1, which terminals obey; Unicode's own line breaks; what turns text around.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{202A}"..."\u{202E}",
                "\u{2066}"..."\u{2069}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                append(isJSON ? "\\u" + String(repeating: "0", count: 4 - digits.count) + digits : "\\u{\(digits)}")
            default:
                bytes += String(scalar).utf8
            }
        }
    }
}
