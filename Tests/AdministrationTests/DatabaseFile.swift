import DoSQLEngine
import DoSQLTestSupport
import Foundation

/// SQLite files as somebody outside makes them.
enum DatabaseFile {
    /// The bytes of a file that these statements make.
    /// - Parameter isWAL: whether it is left in WAL mode; its log is in it then.
    static func make(isWAL: Bool = false, _ statements: String...) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let (path, copy) = (folder.path(of: "a.sqlite"), folder.path(of: "b.sqlite"))
        do {
            let connection = try Connection(OpenOptions(path: path, role: .writer))
            connection.sandbox = .trusted
            for statement in statements {
                // It attaches its working file, which is allowed to the server only.
                if statement == "VACUUM" { try connection.vacuum() } else { try connection.execute(trusted: statement) }
            }
            _ = try connection.checkpoint(.truncate)
            if !isWAL {
                try connection.beginRead()
                _ = try connection.schemaVersion()
                try connection.copy(to: copy, vfsName: "unix-excl") { true }
                try connection.endRead()
            }
        }
        return try bytes(of: isWAL ? path : copy)
    }

    static func bytes(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else { throw TestSupportError("no \(path)") }
        return Array(data)
    }
}
