/// What a restore came to (`protocol/administration.md`, restore).
package struct RestoreReport: Codable, Sendable {
    package let name: String
    package let bytes: Int64
    /// Of the new history.
    package let incarnation: String
    /// Under which id the former database can be brought back; nil if there was none.
    package let replaced: String?

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(incarnation, forKey: .incarnation)
        try container.encode(replaced, forKey: .replaced)
    }
}
