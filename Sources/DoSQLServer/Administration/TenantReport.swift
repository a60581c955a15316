/// What is known of one tenant (`protocol/administration.md`, tenant).
package struct TenantReport: Codable, Sendable {
    /// One of the texts that took most time.
    package struct Statement: Codable, Sendable {
        package let sql: String
        package let count: UInt64
        package let totalMs: Double
        package let meanMs: Double
        package let maxMs: Double
        package let rows: UInt64
    }

    package let name: String
    /// `open` or `closed`.
    package let state: String
    /// Of all its files.
    package let bytes: Int64
    package let fileBytes: Int64
    package let walBytes: Int64
    package let pages: Int
    package let pageSize: Int
    package let freePages: Int
    package let lsn: UInt64
    package let incarnation: String
    /// Connections that read.
    package let readers: Int
    /// What waits for its turn to write.
    package let queue: Int
    /// Changes committed since the server started.
    package let changes: UInt64
    package let statements: [Statement]
}
