import BenchmarkSupport
import DoSQLLoop

/// The C server that says what the hardware allows: `Benchmarks/Bound`.
final class BoundProcess {
    let address: ListenAddress
    let folder: String
    private let process: PinnedProcess

    /// Starts it, and returns when it listens.
    init(executable: String, folder: String, flags: [String] = []) throws {
        self.folder = folder
        process = try PinnedProcess(executable, ["--data", folder] + flags)
        address = try ListenAddress(parsing: process.line(after: "listening on "))
    }

    var usage: ProcessUsage { process.usage }

    func stop() { process.stop() }
}
