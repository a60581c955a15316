/// What is wrong with grants as a token or a file of keys has them (`protocol/authentication.md`, Grants).
///
/// Whoever does not understand a grant does not guess: a right or a member that is not known refuses the whole token,
/// since the next version's restriction must not be this one's permission.
public enum GrantFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text is not JSON: what was expected, and where.
    case syntax(String)
    /// The member has another type than it should: its name, and what was expected.
    case type(member: String, expected: String)
    /// A grant has a member that is not known.
    case unknownMember(String)
    /// A grant lacks this member.
    case missingMember(String)
    /// A right that is not known.
    case unknownRight(String)
    /// A pattern that no tenant's name could match.
    case tenantPattern(String)
    /// A table's name without bytes, or with too many.
    case tableName(String)
    /// A table has a right that its grant has not, or that is not a table's.
    case tableRight(String)
    /// Rights that reach every table, in a grant that lists tables.
    case rightBeyondTables(String)

    /// The fault as a phrase, with names cut to what fits a line.
    public var description: String {
        switch self {
        case .syntax(let words): "JSON: expected \(words)"
        case .type(let member, let expected): "\(Self.short(member)) is not \(expected)"
        case .unknownMember(let name): "\(Self.short(name)) is not a member of a grant"
        case .missingMember(let name): "a grant has no \(Self.short(name))"
        case .unknownRight(let name): "\(Self.short(name)) is not a right"
        case .tenantPattern(let text): "\(Self.short(text)) is not a tenant's name or pattern"
        case .tableName(let text): "\(Self.short(text)) is not a table's name or pattern"
        case .tableRight(let name): "a table has the right \(Self.short(name)), which its grant has not"
        case .rightBeyondTables(let name):
            "the right \(Self.short(name)) reaches every table, and the grant lists tables"
        }
    }

    /// At most 64 printable characters of what somebody else wrote, between quotation marks.
    private static func short(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(64).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) }
        return "'\(String(visible))\(text.unicodeScalars.count > 64 ? "…" : "")'"
    }
}
