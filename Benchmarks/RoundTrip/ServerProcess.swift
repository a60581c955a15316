import DoSQLLoop
import Foundation

/// The server that is measured: a process of its own, on a processor of its own where the system can pin it.
final class ServerProcess {
    let address: ListenAddress
    private let process = Process()

    init(executable: String, folder: String) throws {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--loops", "1", "--cache", "65536"]
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

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Seconds of processor time so far, user and system. The kernel counts in hundredths.
    func cpuSeconds() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8),
            let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 13,
            let user = Double(fields[11]), let system = Double(fields[12])
        else { return .nan }
        return (user + system) / 100
    }
}

/// Why a benchmark could not run.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
