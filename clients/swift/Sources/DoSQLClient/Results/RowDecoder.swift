/// Reads a `Decodable` type out of a row: properties by column name, each from one cell.
struct RowDecoder: Decoder {
    let row: Row
    let naming: Row.Naming
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RowContainer(row: row, naming: naming))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw DoSQLError(
            .decoding, "a row is read by column names or as a tuple, not as an array", execution: .executed)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        guard let cell = row.first else {
            throw DoSQLError(.decoding, "a row without columns has no value", execution: .executed)
        }
        return CellContainer(cell: cell)
    }
}

/// The columns of a row under the names of a type's properties.
private struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let row: Row
    let naming: Row.Naming
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { row.columns.compactMap { Key(stringValue: $0) } }

    private func name(of key: Key) -> String {
        switch naming {
        case .exact: key.stringValue
        case .snakeCase: key.stringValue.snakeCased
        }
    }

    private func cell(_ key: Key) throws(DoSQLError) -> Cell {
        let name = name(of: key)
        guard let cell = row[name] else {
            throw DoSQLError(
                .decoding, "there is no column \"\(name)\"; there are \(row.columns)", execution: .executed)
        }
        return cell
    }

    func contains(_ key: Key) -> Bool { row[name(of: key)] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try cell(key).isNull }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try cell(key).decode() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try cell(key).decode() }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try cell(key).decode() }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try cell(key).decode() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try cell(key).decode() }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try cell(key).decode() }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try cell(key).decode() }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try cell(key).decode() }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try cell(key).decode() }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try cell(key).decode() }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try cell(key).decode() }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try cell(key).decode() }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try cell(key).decode() }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try cell(key).decode() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try cell(key).decodable(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw try cell(key).nested }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw try cell(key).nested }
    func superDecoder() throws -> any Decoder { RowDecoder(row: row, naming: naming) }
    func superDecoder(forKey key: Key) throws -> any Decoder { CellDecoder(cell: try cell(key)) }
}

/// One cell as what an enum or a wrapper decodes its raw value from.
private struct CellDecoder: Decoder {
    let cell: Cell
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> { throw cell.nested }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw cell.nested }
    func singleValueContainer() -> any SingleValueDecodingContainer { CellContainer(cell: cell) }
}

private struct CellContainer: SingleValueDecodingContainer {
    let cell: Cell
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { cell.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try cell.decode() }
    func decode(_ type: String.Type) throws -> String { try cell.decode() }
    func decode(_ type: Double.Type) throws -> Double { try cell.decode() }
    func decode(_ type: Float.Type) throws -> Float { try cell.decode() }
    func decode(_ type: Int.Type) throws -> Int { try cell.decode() }
    func decode(_ type: Int8.Type) throws -> Int8 { try cell.decode() }
    func decode(_ type: Int16.Type) throws -> Int16 { try cell.decode() }
    func decode(_ type: Int32.Type) throws -> Int32 { try cell.decode() }
    func decode(_ type: Int64.Type) throws -> Int64 { try cell.decode() }
    func decode(_ type: UInt.Type) throws -> UInt { try cell.decode() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try cell.decode() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try cell.decode() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try cell.decode() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try cell.decode() }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try cell.decodable(type) }
}

extension Cell {
    /// Types that know cells are read by them, so that a `Date` is not taken for a number; others by their own decoding.
    fileprivate func decodable<T: Decodable>(_ type: T.Type) throws -> T {
        if let type = type as? any DoSQLDecodable.Type { return try type.init(dosqlCell: self) as! T }
        return try T(from: CellDecoder(cell: self))
    }

    fileprivate var nested: DoSQLError {
        DoSQLError(
            .decoding, "column \(column) (\"\(name)\") is one value; a nested type has to conform to DoSQLDecodable",
            execution: .executed)
    }
}

extension String {
    /// `userID`, `userId` and `user_id` become `user_id`; `parseURLNow` becomes `parse_url_now`.
    var snakeCased: String {
        var result = ""
        let characters = Array(self)
        for (index, character) in characters.enumerated() {
            let previous = index > 0 ? characters[index - 1] : "_"
            let isFollowedByLower = index + 1 < characters.count && characters[index + 1].isLowercase
            let beginsWord = !previous.isUppercase || isFollowedByLower
            if character.isUppercase, previous != "_", beginsWord { result.append("_") }
            result += character.lowercased()
        }
        return result
    }
}
