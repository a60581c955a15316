#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// JSON text of a message or an event.
struct FeedData {
    let json: String

    init(_ json: String) { self.json = json }

    /// Reads it; `owner` is for the error.
    func decode<T: Decodable>(_ type: T.Type, of owner: String) throws(DoSQLError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(json.utf8))
        } catch {
            throw DoSQLError(
                .decoding, "the data of \(owner) cannot be read as \(type)", execution: .executed, underlying: error)
        }
    }
}
