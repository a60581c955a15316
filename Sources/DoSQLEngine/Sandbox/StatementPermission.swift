/// Who is served on a connection, as far as statements are concerned: which of them may be prepared for him.
///
/// SQLite's authorizer acts only when a statement is compiled, and a compiled one serves many. So the authorizer's record
/// (``StatementAccess``) is judged instead, whenever a statement is taken out of the cache or prepared:
/// ``Connection/permission``.
public protocol StatementPermission: AnyObject, Sendable {
    /// Why a statement with this record is refused, as a sentence; nil if it may run. The answer for one record is
    /// always the same.
    func refusal(of access: StatementAccess) -> String?

    /// Whether there are tables of which not even the columns may be told.
    var hidesTables: Bool { get }

    /// Why nothing of this table may be told, as a sentence; nil if it may. Asked for what a text names that does not
    /// compile, since SQLite's words on it tell columns.
    func refusal(ofTable name: String) -> String?
}

extension StatementPermission {
    /// There are none.
    public var hidesTables: Bool { false }

    /// Everything may.
    public func refusal(ofTable name: String) -> String? { nil }
}
