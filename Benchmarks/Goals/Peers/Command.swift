import BenchmarkSupport
import Foundation

/// A program that runs to its end, on this process's processor.
enum Command {
    /// Seconds that one may take.
    private static let timeMax = 60

    /// What it writes.
    /// - Throws: it ended with another status than 0, or not in time.
    static func run(_ executable: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["\(timeMax)", executable] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchmarkError("\(executable) failed: \(text.suffix(500))")
        }
        return text
    }
}
