/// A page of tenants (`protocol/administration.md`, list).
package struct TenantListing: Codable, Sendable {
    /// One of them.
    package struct Entry: Codable, Sendable {
        package let name: String
        /// Of all its files.
        package let bytes: Int64
        /// `open` or `closed`.
        package let state: String
        /// UTC: the last request, or the last change of a closed one's file.
        package let lastUsed: String
    }

    package let tenants: [Entry]
    /// Whether there are more behind the last one.
    package let more: Bool
}
