import DoSQLLoop

/// A statement that took long, and for which request.
struct SlowStatement: Sendable {
    /// Bytes of its text that are logged.
    static let textMax = 4096

    let tenant: Tenant
    /// Its text, which has no values of parameters; cut to ``textMax``.
    let sql: Text
    /// SQLite's time.
    let nanoseconds: UInt64
    let rows: Int
    /// Nanoseconds that the request waited before it was first served.
    let waited: UInt64
    /// The session it was for.
    let connection: UInt64
    let request: UInt32
}

extension SlowStatement {
    /// A text, and whether it is whole: only of a whole one there is a plan.
    struct Text: Sendable {
        let shown: String
        let isWhole: Bool
    }

    /// The text of a statement, cut to what is logged.
    static func bounded(_ sql: String) -> Text {
        guard sql.utf8.count > textMax else { return Text(shown: sql, isWhole: true) }
        var shown = ""
        for scalar in sql.unicodeScalars {
            guard shown.utf8.count < textMax else { break }
            shown.unicodeScalars.append(scalar)
        }
        return Text(shown: shown + "…", isWhole: false)
    }
}

extension Job {
    /// One of its statements took long: its shard knows who asked for it.
    func ranSlowly(_ sql: SlowStatement.Text, nanoseconds: UInt64, rows: Int) {
        address.shard.post(
            .slow(
                SlowStatement(
                    tenant: tenant, sql: sql, nanoseconds: nanoseconds, rows: rows, waited: waited,
                    connection: address.connection, request: address.request)))
    }
}
