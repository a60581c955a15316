import Hummingbird
import HummingbirdCore

/// `?limit` and `?offset` of a list.
struct Page {
    /// Rows at a time: 20 unless asked. More than 100 is no error, but 100 are given.
    let limit: Int
    /// Rows that are left out at the beginning.
    let offset: Int

    /// - Throws: ``Refusal`` 400 for what is no whole number, a limit below 1, an offset below 0.
    init(of uri: URI) throws(Refusal) {
        limit = min(try Self.number("limit", of: uri, least: 1) ?? 20, 100)
        offset = try Self.number("offset", of: uri, least: 0) ?? 0
    }

    private static func number(_ name: String, of uri: URI, least: Int) throws(Refusal) -> Int? {
        guard let text = uri.queryParameters[name[...]] else { return nil }
        guard let number = Int(text) else { throw .invalid(name, "not a whole number") }
        guard number >= least else { throw .invalid(name, "at least \(least)") }
        return number
    }
}
