/// One step of a tenant's schema, named by an id that begins with its number: `0007_add_orders`.
///
/// Each runs once per tenant, in a transaction of its own; never change one that has been applied somewhere. See
/// `protocol/messages.md`, *Migrations*.
public struct Migration: Hashable, Sendable {
    /// Number and name; the number orders.
    public var id: String
    /// Any number of statements, without BEGIN and its kin.
    public var sql: String

    /// A migration.
    public init(id: String, sql: String) {
        self.id = id
        self.sql = sql
    }
}
