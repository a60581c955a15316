import DoSQLTestSupport
import Foundation

/// The built `dosql`, run once.
struct CommandRun {
    /// The exit status.
    let status: Int32
    let output: String
    let errors: String

    /// Runs it to its end, with a text as its standard input. Files stand for pipes, so that nothing waits for a reader.
    init(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws {
        try self.init(arguments, input: Data(input.utf8), environment: environment)
    }

    init(_ arguments: [String], input: Data, environment: [String: String] = [:]) throws {
        let folder = try TemporaryFolder()
        let path = { (name: String) in URL(filePath: folder.path(of: name)) }
        try input.write(to: path("input"))
        for name in ["output", "errors"] { try Data().write(to: path(name)) }
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = try FileHandle(forReadingFrom: path("input"))
        process.standardOutput = try FileHandle(forWritingTo: path("output"))
        process.standardError = try FileHandle(forWritingTo: path("errors"))
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: try Data(contentsOf: path("output")), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: path("errors")), as: UTF8.self)
    }

    /// In the folder of the build's products, where the tests' own executable is too.
    static func executable() throws -> URL {
        var folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "dosql")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        throw TestSupportError("there is no dosql beside the tests; build the package first")
    }
}

extension TestServer {
    /// The URL of a tenant, or of the server.
    func url(_ tenant: String = "") throws -> String { "dosql://\(try address)/\(tenant)" }

    /// `dosql query` for the tenant `acme`.
    func query(_ arguments: String..., input: String = "") throws -> CommandRun {
        try CommandRun(["query", try url("acme")] + arguments, input: input)
    }

    /// `dosql shell` with a text to carry out.
    func shell(_ input: String, tenant: String = "acme", flags: [String] = []) throws -> CommandRun {
        try CommandRun(["shell", try url(tenant)] + flags, input: input)
    }
}
