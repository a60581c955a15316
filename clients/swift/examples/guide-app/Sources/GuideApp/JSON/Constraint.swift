/// What members of a body are checked for. Each throws ``Refusal`` 400 with the member's path.
enum Constraint {
    /// A text has so many characters (Unicode scalars).
    static func text(_ text: String, _ field: String, characters: ClosedRange<Int>) throws(Refusal) {
        try within(characters, text.unicodeScalars.count, field, "characters")
    }

    /// A list has so many elements.
    static func list(_ list: some Collection, _ field: String, elements: ClosedRange<Int>) throws(Refusal) {
        try within(elements, list.count, field, "elements")
    }

    /// A text is an email address: one `@`, no spaces, a domain of two labels or more. Whether there is somebody behind
    /// it only a message to it can tell.
    static func email(_ email: String, _ field: String) throws(Refusal) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = email.unicodeScalars.allSatisfy { (33...126).contains($0.value) }
        guard isPlain, email.count <= 254, parts.count == 2, (1...64).contains(parts[0].count), isDomain(parts[1])
        else { throw .invalid(field, "not an email address") }
    }

    private static func within(
        _ range: ClosedRange<Int>, _ count: Int, _ field: String, _ what: String
    ) throws(Refusal) {
        if count < range.lowerBound { throw .invalid(field, "at least \(range.lowerBound) \(what)") }
        if count > range.upperBound { throw .invalid(field, "at most \(range.upperBound) \(what)") }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            }
    }
}
