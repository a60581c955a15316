import Foundation

/// A program that is measured: on processor 0 where the system can pin it, and never longer than we live.
package final class PinnedProcess {
    /// How it is asked to end.
    package enum Ending: String {
        case terminate = "TERM"
        case interrupt = "INT"
    }

    private static let setpriv = "/usr/bin/setpriv"

    private let process = Process()
    private let output = Pipe()
    private let ending: Ending

    /// Starts it.
    /// - Parameters:
    ///   - user: whom it runs as, where it is another one than ours.
    ///   - environment: what it has in its environment beside ours.
    package init(
        _ executable: String, _ arguments: [String], user: String? = nil, ending: Ending = .terminate,
        environment: [String: String] = [:]
    ) throws {
        self.ending = ending
        var command = [executable] + arguments
        // Not to be seen by the programs in front of it.
        if !environment.isEmpty { command = ["/usr/bin/env"] + environment.map { "\($0)=\($1)" } + command }
        if FileManager.default.isExecutableFile(atPath: Self.setpriv) {
            let identity = user.map { ["--reuid", $0, "--regid", $0, "--clear-groups"] } ?? []
            command = [Self.setpriv, "--pdeathsig", ending.rawValue] + identity + ["--"] + command
        } else if let user {
            throw BenchmarkError("\(executable) is to run as \(user), and there is no \(Self.setpriv)")
        }
        if Processors.canPin { command = ["/usr/bin/taskset", "-c", "0"] + command }
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// What it uses. Each program in front of it has replaced itself by the next, so the process is the program's.
    package var usage: ProcessUsage { ProcessUsage(of: process.processIdentifier) }

    package var isRunning: Bool { process.isRunning }

    /// Waits for a line of its standard output that begins in this way, and gives the rest of it.
    package func line(after start: String) throws -> String {
        var seen = ""
        while true {
            let chunk = output.fileHandleForReading.availableData
            if chunk.isEmpty { throw BenchmarkError("\(process.arguments ?? []) ended: \(seen)") }
            seen += String(decoding: chunk, as: UTF8.self)
            let lines = seen.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if let line = lines.first(where: { $0.hasPrefix(start) }) { return String(line.dropFirst(start.count)) }
        }
    }

    /// Waits for its end by itself, and gives whether its status was 0.
    package func succeeded() -> Bool {
        _ = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// Ends it, and waits for its end.
    package func stop() {
        guard process.isRunning else { return }
        switch ending {
        case .terminate: process.terminate()
        case .interrupt: process.interrupt()
        }
        process.waitUntilExit()
    }
}
