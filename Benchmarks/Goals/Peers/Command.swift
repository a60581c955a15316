import BenchmarkSupport
import Foundation

/// A program that runs to its end, on this process's processor.
enum Command {
    /// Seconds that one may take.
    private static let timeMax = 60

    /// What it writes to standard output.
    /// - Throws: it ended with another status than 0, or not in time.
    static func run(_ executable: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["\(timeMax)", executable] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Neither writes more to standard error than a pipe holds.
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("\(executable) failed: \(complaint.prefix(500))")
        }
        return text
    }
}
