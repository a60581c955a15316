package import DoSQLLoop
import Foundation

/// The server that is measured: a process of its own, on a processor of its own where the system can pin it.
package final class ServerProcess {
    /// Where it listens.
    package let address: ListenAddress
    private let process = Process()

    /// Starts it, and returns when it listens.
    /// - Parameter flags: of `dosql serve`, beside those that every benchmark has.
    package init(executable: String, folder: String, flags: [String] = []) throws {
        let arguments =
            ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--loops", "1", "--cache", "65536"] + flags
        if FileManager.default.isExecutableFile(atPath: "/usr/bin/taskset") {
            process.executableURL = URL(filePath: "/usr/bin/taskset")
            process.arguments = ["-c", "0", executable] + arguments
        } else {
            process.executableURL = URL(filePath: executable)
            process.arguments = arguments
        }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var seen = ""
        var bound: ListenAddress?
        while bound == nil {
            let chunk = pipe.fileHandleForReading.availableData
            if chunk.isEmpty { throw BenchmarkError("the server ended before it listened") }
            seen += String(decoding: chunk, as: UTF8.self)
            for line in seen.split(separator: "\n") where line.hasPrefix("listening on ") && seen.contains("\ndata in")
            {
                bound = try ListenAddress(parsing: String(line.dropFirst("listening on ".count)))
            }
        }
        guard let bound else { throw BenchmarkError("the server does not say where it listens") }
        address = bound
    }

    /// What it uses.
    package var usage: ProcessUsage { ProcessUsage(of: process.processIdentifier) }

    /// Ends it, and waits for its end.
    package func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
