/// A body that is more than its types say. ``JSONBodyDecoder`` lets in only what is valid.
protocol Validated: Decodable {
    /// - Throws: ``Refusal`` 400 with the first member that is not as it should be; see ``Constraint``.
    func validate() throws(Refusal)
}

extension KeyedDecodingContainer {
    /// A member that may be left out, but is no `null` if it is there: `decodeIfPresent` takes both for nil.
    func decodeUnlessAbsent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        contains(key) ? try decode(type, forKey: key) : nil
    }
}
