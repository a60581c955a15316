/// An event of a tenant; see ``Tenant/events(types:after:credit:)``.
public struct Event: Hashable, Sendable, Identifiable {
    /// Its number: greater than that of every event before it, of whatever type.
    public var id: Int64
    /// What happened, such as `order.placed`.
    public var type: String
    /// What was published with it: JSON text, by convention; nil where whoever inserted the row left it NULL.
    public var data: String?
    /// When, in UTC, as SQLite writes it: `YYYY-MM-DD HH:MM:SS`; empty where whoever inserted the row left it NULL.
    public var createdAt: String

    /// An event of these fields.
    public init(id: Int64, type: String, data: String?, createdAt: String) {
        self.id = id
        self.type = type
        self.data = data
        self.createdAt = createdAt
    }

    /// The data as a `Decodable` type; where there is none, as JSON's `null`.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(DoSQLError) -> T {
        try FeedData(data ?? "null").decode(type, of: "event \(id)")
    }
}
