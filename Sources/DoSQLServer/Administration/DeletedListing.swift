/// A page of what was deleted or replaced (`protocol/administration.md`, deleted).
package struct DeletedListing: Codable, Sendable {
    /// One of them.
    package struct Entry: Codable, Sendable {
        package let id: String
        /// The tenant's name then.
        package let name: String
        /// UTC.
        package let deletedAt: String
        /// UTC: when it is removed for good.
        package let purgeAt: String
        package let bytes: Int64
        /// `deleted` or `replaced`.
        package let reason: String
    }

    package let deleted: [Entry]
    /// Whether there are more behind the last one.
    package let more: Bool
}
