import DoSQLEngine
import DoSQLServer

/// A folder of `NNN_name.sql` files, read by the server's rules.
struct MigrationFiles {
    /// Ids and texts.
    let files: [(id: String, sql: String)]

    init(folder: String) throws {
        do throws(Failure) {
            let folder = try MigrationFolder(path: folder)
            files = folder.migrations.map { (id: $0.id, sql: String(decoding: $0.sql, as: UTF8.self)) }
        } catch {
            throw CommandError(error.message)
        }
    }
}
