/// What a client wants to be answered with: its Accept headers (RFC 9110 section 12.5.1).
public struct Accept: Sendable {
    private struct Range: Sendable {
        let type: String
        let subtype: String
        let quality: Quality

        /// How closely this range names that type: 0 not at all, 3 exactly.
        func closeness(to other: MediaType) -> Int {
            if type == other.type { return subtype == other.subtype ? 3 : subtype == "*" ? 2 : 0 }
            return type == "*" && subtype == "*" ? 1 : 0
        }
    }

    private let ranges: [Range]

    /// Reads the values of all Accept headers. What cannot be read is passed over; where nothing is left, everything is
    /// accepted, as without the header.
    public init(_ values: [String]) {
        ranges = values.flatMap(ListValue.elements).compactMap { Self.range(String($0)) }
    }

    /// The one of these types that the client likes best; of equals, the one named first here. Nil if it accepts none.
    public func preferred(among types: [MediaType]) -> MediaType? {
        if ranges.isEmpty { return types.first }
        var best: (type: MediaType, quality: Quality)?
        for type in types {
            let quality = quality(of: type)
            if quality > (best?.quality ?? .none) { best = (type, quality) }
        }
        return best?.type
    }

    /// Whether the client named this very type, not by a wildcard, and did not refuse it.
    public func names(_ type: MediaType) -> Bool {
        ranges.contains { $0.closeness(to: type) == 3 && $0.quality > .none }
    }

    /// The weight of a type: that of the range that names it most closely.
    private func quality(of type: MediaType) -> Quality {
        var closest = 0
        var quality = Quality.none
        for range in ranges {
            let closeness = range.closeness(to: type)
            if closeness > closest || (closeness == closest && closeness > 0 && range.quality > quality) {
                closest = closeness
                quality = range.quality
            }
        }
        return quality
    }

    /// Reads one range. Parameters other than the weight belong to types that this server does not have; a range with
    /// them is taken for the type without.
    private static func range(_ text: String) -> Range? {
        var fields = ParameterReader(text[...])
        guard let type = fields.nextToken(), fields.skip(0x2F), let subtype = fields.nextToken() else { return nil }
        var quality = Quality.full
        while let parameter = fields.nextParameter() {
            guard parameter.name == "q" else { continue }
            guard let weight = Quality(parameter.value) else { return nil }
            quality = weight
        }
        guard fields.isAtEnd else { return nil }
        return Range(type: type.lowercased(), subtype: subtype.lowercased(), quality: quality)
    }
}

extension RequestHead {
    /// What the client wants to be answered with.
    public var accept: Accept { Accept(values("accept")) }
}
