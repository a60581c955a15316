import BenchmarkSupport
import DoSQLLoop

/// What was answered must be there.
enum Acknowledged {
    /// Looks whether the users table has so many rows.
    static func check(_ rows: Int, of tenant: String = "bench", at address: ListenAddress) throws {
        let there = try Conversation.integer("SELECT count(*) FROM users", of: tenant, at: address)
        guard there == rows else { throw BenchmarkError("\(rows) rows should be there, and \(there) are") }
    }
}
