import DoSQLLoop
import Foundation

/// What a process uses, as Linux tells it.
package struct ProcessUsage: Sendable {
    package let processID: Int32

    package init(of processID: Int32) {
        self.processID = processID
    }

    /// Seconds of processor time so far, user and system, of all its threads.
    package func cpuSeconds() -> Double {
        ProcessorClock.process(processID).map { Double($0) / 1e9 } ?? .nan
    }

    /// Bytes of memory that are resident. What the kernel holds for its sockets is not among them.
    package func residentBytes() throws -> Int {
        let path = "/proc/\(processID)/status"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw BenchmarkError("\(path) does not say how much memory the process has") }
        return kibibytes * 1024
    }
}
