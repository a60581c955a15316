import DoSQLProtocol

/// What a face adds to a request that is not in its JSON (`protocol/http.md`, headers and query).
public struct RequestOptions: Hashable, Sendable {
    /// The write's name: 1 to 128 bytes (`protocol/transactions.md`, idempotency keys).
    public var idempotencyKey: [UInt8]?
    /// Bytes of ROWS bodies that may be sent before the first CREDIT; of a QUERY only.
    public var credit: UInt64?
    /// How many rows are not too many; of a QUERY only.
    public var rowsMax: UInt64?

    /// Options of these fields.
    public init(idempotencyKey: [UInt8]? = nil, credit: UInt64? = nil, rowsMax: UInt64? = nil) {
        self.idempotencyKey = idempotencyKey
        self.credit = credit
        self.rowsMax = rowsMax
    }
}

extension ByteWriter {
    /// The option that holds an idempotency key, if there is one.
    mutating func writeOption(idempotencyKey: [UInt8]?) throws(JSONFault) {
        guard let idempotencyKey else { return }
        guard idempotencyKey.count >= 1, idempotencyKey.count <= Limits.idempotencyKeyMax else {
            throw JSONFault("an idempotency key has 1 to \(Limits.idempotencyKeyMax) bytes")
        }
        writeOption(0x84, bytes: idempotencyKey)
    }
}
