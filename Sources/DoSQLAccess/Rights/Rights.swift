/// What a token may do on a tenant: a set of the rights of `protocol/authentication.md`. No right implies another.
public struct Rights: OptionSet, Sendable, Hashable {
    /// One bit a right.
    public let rawValue: UInt8

    /// A set from its bits; bits that are no right are dropped, so that two sets are equal when they allow the same.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 0x7F
    }

    /// To read rows, and to ask what the schema is.
    public static let read = Rights(rawValue: 1 << 0)
    /// To insert, update and delete rows.
    public static let write = Rights(rawValue: 1 << 1)
    /// To create, alter and drop tables, indexes, views and triggers, and to migrate.
    public static let schema = Rights(rawValue: 1 << 2)
    /// To publish to channels and events.
    public static let publish = Rights(rawValue: 1 << 3)
    /// To subscribe to channels and events.
    public static let subscribe = Rights(rawValue: 1 << 4)
    /// To administer: listing, sizes, backup, restore, limits, deletion.
    public static let admin = Rights(rawValue: 1 << 5)
    /// To create the tenant where there is none.
    public static let create = Rights(rawValue: 1 << 6)

    /// Every right.
    public static let all: Rights = [.read, .write, .schema, .publish, .subscribe, .admin, .create]

    /// The rights a list of tables narrows.
    public static let ofTables: Rights = [.read, .write]

    private static let named: [(name: String, right: Rights)] = [
        ("read", .read), ("write", .write), ("schema", .schema), ("publish", .publish), ("subscribe", .subscribe),
        ("admin", .admin), ("create", .create),
    ]

    /// The one right of this name; nil if none is called so. Names are lower-case and compared byte for byte.
    public init?(name: String) {
        guard let found = Self.named.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        self = found.right
    }

    /// The names of the rights in the set, in the order of the page.
    public var names: [String] {
        Self.named.compactMap { contains($0.right) ? $0.name : nil }
    }
}
