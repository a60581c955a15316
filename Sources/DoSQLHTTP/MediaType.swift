/// A media type as a Content-Type header has it: `application/json; charset=utf-8` (RFC 9110 section 8.3.1).
public struct MediaType: Sendable, Hashable {
    /// The type, with small letters: `application`.
    public let type: String
    /// The subtype, with small letters: `json`.
    public let subtype: String
    /// The charset parameter, with small letters, if there is one.
    public let charset: String?

    /// A media type without parameters. The names are tokens with small letters.
    public init(_ type: String, _ subtype: String) {
        self.type = type
        self.subtype = subtype
        charset = nil
    }

    /// Reads the value of a Content-Type header; nil if it is none. Other parameters than charset are passed over.
    public init?(parsing text: String) {
        var fields = ParameterReader(text[...])
        guard let name = fields.nextToken(), fields.skip(0x2F), let subname = fields.nextToken() else { return nil }
        var charset: String?
        while let parameter = fields.nextParameter() {
            if charset == nil, parameter.name == "charset" { charset = parameter.value.lowercased() }
        }
        guard fields.isAtEnd else { return nil }
        type = name.lowercased()
        subtype = subname.lowercased()
        self.charset = charset
    }

    /// Whether this is that type, whatever the parameters.
    public func matches(_ other: MediaType) -> Bool { type == other.type && subtype == other.subtype }

    /// JSON (RFC 8259).
    public static let json = MediaType("application", "json")
    /// JSON values, a line each.
    public static let ndjson = MediaType("application", "x-ndjson")
    /// Server-sent events.
    public static let eventStream = MediaType("text", "event-stream")
    /// Plain text.
    public static let plainText = MediaType("text", "plain")
    /// Bytes.
    public static let octets = MediaType("application", "octet-stream")
}

extension MediaType: CustomStringConvertible {
    /// The type without parameters.
    public var description: String { "\(type)/\(subtype)" }
}

extension RequestHead {
    /// What the body is, nil if there is no Content-Type, more than one, or one that cannot be read.
    public var contentType: MediaType? {
        let values = values("content-type")
        guard values.count == 1 else { return nil }
        // What nearly everybody sends.
        return values[0] == "application/json" ? .json : MediaType(parsing: values[0])
    }
}
