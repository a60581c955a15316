/// What a `vacuum` did (`protocol/administration.md`, maintenance).
package struct VacuumReport: Codable, Sendable {
    package let bytesBefore: Int64
    package let bytesAfter: Int64
}

/// What a `check` found (`protocol/administration.md`, maintenance).
package struct CheckReport: Codable, Sendable {
    /// A row that refers to none.
    package struct ForeignKey: Codable, Sendable {
        package let table: String
        /// Nil in a table without row ids.
        package let rowid: Int64?
        package let parent: String
        package let constraint: Int

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(table, forKey: .table)
            try container.encode(rowid, forKey: .rowid)
            try container.encode(parent, forKey: .parent)
            try container.encode(constraint, forKey: .constraint)
        }
    }

    package let ok: Bool
    /// SQLite's sentences.
    package let problems: [String]
    package let foreignKeys: [ForeignKey]
}
