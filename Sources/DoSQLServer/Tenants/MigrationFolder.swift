internal import Crypto
public import DoSQLEngine
internal import DoSQLProtocol
internal import FoundationEssentials

/// A folder of `NNN_name.sql` files, read once at start.
public struct MigrationFolder: Sendable {
    /// The folder.
    public let path: String
    /// What is in it, in the order of the numbers.
    public let migrations: [Migration]

    /// Reads every `.sql` file of the folder.
    /// - Throws: ``Failure`` that names the file which has no number in front, is not UTF-8, or cannot be read.
    public init(path: String) throws(Failure) {
        self.path = path
        var migrations: [Migration] = []
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure(.storageFailed, "cannot read the migrations folder \(path): \(error)")
        }
        for name in names.sorted() where name.hasSuffix(".sql") {
            guard name.first?.isNumber == true, name.contains("_") else {
                throw Failure(
                    .migrationConflict, "\(path)/\(name): a migration is called NNN_name.sql, with its number in front")
            }
            guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
                throw Failure(.storageFailed, "cannot read \(path)/\(name)")
            }
            guard let sql = String(validating: data, as: UTF8.self) else {
                throw Failure(.migrationConflict, "\(path)/\(name) is not UTF-8")
            }
            migrations.append(Migration(id: String(name.dropLast(4)), sql: sql))
        }
        self.migrations = migrations
    }
}

extension Migration {
    /// A migration with its checksum: SHA-256 of its text as lower-case hex (`protocol/messages.md`, MIGRATE).
    public init(id: String, sql: String) {
        let digest = SHA256.hash(data: Data(sql.utf8))
        self.init(
            id: id, sql: Array(sql.utf8),
            checksum: digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined())
    }
}
