/// What is written beside a tenant that was deleted or replaced.
struct Tombstone: Codable, Equatable, Sendable {
    enum Reason: String, Codable, Sendable {
        case deleted, replaced
    }

    /// The tenant's name then.
    let name: String
    /// Milliseconds since 1970.
    let deletedAt: Int64
    let reason: Reason
}
