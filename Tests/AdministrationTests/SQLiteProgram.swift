import DoSQLTestSupport
import Foundation

/// The `sqlite3` program of the system (Debian: sqlite3): what an operator opens a backup with.
enum SQLiteProgram {
    private static let path = ["/usr/bin/sqlite3", "/usr/local/bin/sqlite3", "/opt/homebrew/bin/sqlite3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    static var isThere: Bool { path != nil }

    /// What it prints; throws what it complains about.
    static func run(_ file: String, _ sql: String) throws -> String {
        guard let path else { throw TestSupportError("there is no program sqlite3 (Debian: sqlite3)") }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = ["-batch", "-bail", file, sql]
        let folder = try TemporaryFolder()
        for name in ["out", "err"] { try folder.write("", to: name) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder.path(of: "out")))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder.path(of: "err")))
        try process.run()
        process.waitUntilExit()
        let text = { (name: String) in
            String(decoding: FileManager.default.contents(atPath: folder.path(of: name)) ?? Data(), as: UTF8.self)
        }
        guard process.terminationStatus == 0 else { throw TestSupportError("sqlite3: \(text("err"))") }
        return text("out").trimmingCharacters(in: .newlines)
    }
}
