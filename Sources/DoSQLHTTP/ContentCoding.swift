/// How a body is compressed (RFC 9110 section 8.4.1).
public enum ContentCoding: String, Sendable {
    /// Not at all.
    case identity
    /// As RFC 1952 has it.
    case gzip

    /// The coding for an answer, by the values of all Accept-Encoding headers (RFC 9110 section 12.5.3): gzip if the
    /// client takes it at least as gladly as a plain body.
    ///
    /// A client that refuses both is answered plainly, which the section allows; one without the header did not say
    /// that it could read gzip.
    public static func preferred(_ values: [String]) -> ContentCoding {
        var gzip: Quality?
        var plain: Quality?
        var others: Quality?
        for element in values.flatMap(ListValue.elements) {
            var fields = ParameterReader(element)
            guard let name = fields.nextToken()?.lowercased() else { continue }
            var quality: Quality? = .full
            while let parameter = fields.nextParameter() {
                if parameter.name == "q" { quality = Quality(parameter.value) }
            }
            guard let quality, fields.isAtEnd else { continue }
            switch name {
            case "gzip", "x-gzip": gzip = max(gzip ?? .none, quality)
            case "identity": plain = max(plain ?? .none, quality)
            case "*": others = max(others ?? .none, quality)
            default: break
            }
        }
        let weight = gzip ?? others ?? .none
        // A plain body that is not named is the last resort, not a wish.
        return weight > .none && weight >= (plain ?? .none) ? .gzip : .identity
    }
}

extension RequestHead {
    /// How a compressible answer is sent.
    public var contentCoding: ContentCoding { ContentCoding.preferred(values("accept-encoding")) }
}
