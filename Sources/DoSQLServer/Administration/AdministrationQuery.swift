import DoSQLProtocol

/// What the query string of an operator's request says (`protocol/administration.md`, addresses).
struct AdministrationQuery: Sendable {
    /// Entries of a page at most.
    static let limitMax = 1000

    var after = ""
    var prefix = ""
    var limit = 100
    var statements = 20

    /// Reads it; members that mean nothing here are passed over.
    /// - Throws: `MALFORMED`.
    init(_ value: (String) -> String?) throws(Failure) {
        after = value("after") ?? after
        prefix = value("prefix") ?? prefix
        limit = try Self.number("limit", value("limit"), in: 1...Self.limitMax) ?? limit
        statements = try Self.number("statements", value("statements"), in: 0...TopStatements.textsMax) ?? statements
    }

    private static func number(_ name: String, _ text: String?, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text else { return nil }
        let isPlain = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isPlain, let number = Int(text), range.contains(number) else {
            throw Failure(.malformed, "\(name) is \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }
}
