import BenchmarkSupport
import DoSQLEngine
import Foundation

/// Where and when a run was made.
struct Machine {
    let text: String

    /// - Parameter dosql: the executable that was measured.
    init(dosql: String) {
        let processor =
            Self.lines("/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
            .map { $0.trimmingCharacters(in: .whitespaces) } ?? "an unknown processor"
        let kernel = Self.lines("/proc/sys/kernel/osrelease").first ?? "?"
        let system =
            Self.lines("/etc/os-release").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(13).dropLast() ?? "?"
        let load = Self.lines("/proc/loadavg").first?.split(separator: " ").prefix(3).joined(separator: " ") ?? "?"
        let version = (try? Command.run(dosql, ["--version"])) ?? "?"
        let commit = (try? Command.run("/usr/bin/git", ["rev-parse", "--short", "HEAD"])) ?? "an unknown commit"
        text = """
            \(Self.now) UTC, \(version.trimmingCharacters(in: .whitespacesAndNewlines)) at \
            \(commit.trimmingCharacters(in: .whitespacesAndNewlines)), \(ProcessInfo.processInfo.processorCount) × \(processor), Linux \(kernel), \(system), SQLite \
            \(SQLiteLibrary.version); load before the run: \(load)
            """
    }

    private static func lines(_ path: String) -> [String] {
        (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").map(String.init) ?? []
    }

    private static var now: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: Date())
    }
}
