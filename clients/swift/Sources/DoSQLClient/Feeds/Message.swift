/// A message of a channel; see ``Tenant/subscribe(to:after:credit:)``.
public struct Message: Hashable, Sendable, Identifiable {
    /// Its number: greater than that of every message published before it, to whatever channel of the tenant.
    public var id: Int64
    /// The channel it was published to.
    public var channel: String
    /// What was published: JSON text, by convention.
    public var data: String
    /// When, in UTC, as SQLite writes it: `YYYY-MM-DD HH:MM:SS`; empty where whoever inserted the row left it NULL.
    public var createdAt: String

    /// A message of these fields.
    public init(id: Int64, channel: String, data: String, createdAt: String) {
        self.id = id
        self.channel = channel
        self.data = data
        self.createdAt = createdAt
    }

    /// The data as a `Decodable` type.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(DoSQLError) -> T {
        try FeedData(data).decode(type, of: "message \(id)")
    }
}
