import DoSQLClient

/// A number of a body that has to be whole. (For `1.5` as an `Int64` Foundation's decoder says that the JSON is not
/// valid, and not where.)
struct WholeNumber: Decodable, Sendable {
    let value: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = try? container.decode(Int64.self) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a whole number")
        }
        self.value = value
    }
}

extension WholeNumber: DoSQLEncodable {
    var dosqlValue: DoSQLValue { .integer(value) }
}
