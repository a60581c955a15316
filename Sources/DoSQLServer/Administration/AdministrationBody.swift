import DoSQLProtocol
import FoundationEssentials

/// The JSON body of an operator's request. A member that is not known is refused: a misspelt one must not be left out.
struct AdministrationBody: Sendable {
    /// Bytes that a body may have: names and bounds.
    static let bytesMax = 64 << 10

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    private struct Members: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            names = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue)
        }
    }

    let bytes: [UInt8]

    /// Reads an object that has no other members than these.
    /// - Parameter members: nil where the type itself says which there are.
    /// - Throws: `MALFORMED`.
    func read<Value: Decodable>(_ type: Value.Type, members: [String]? = nil) throws(Failure) -> Value {
        let decoder = JSONDecoder()
        let data = Data(bytes)
        do {
            if let members,
                let unknown = try decoder.decode(Members.self, from: data).names.first(where: { !members.contains($0) })
            {
                throw Failure(.malformed, "there is no member '\(unknown)'")
            }
            return try decoder.decode(type, from: data)
        } catch let failure as Failure {
            throw failure
        } catch let error as DecodingError {
            throw Failure(.malformed, Self.sentence(error))
        } catch {
            throw Failure(.malformed, "this is not JSON: \(error)")
        }
    }

    private static func sentence(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): return "the member '\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default: return "this is not the JSON that is expected"
        }
    }
}
