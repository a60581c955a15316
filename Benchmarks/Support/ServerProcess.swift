package import DoSQLLoop

/// A DoSQL server that is measured: a process of its own, with one loop.
package final class ServerProcess {
    /// Where it listens.
    package let address: ListenAddress
    /// Its data folder.
    package let folder: String
    private let process: PinnedProcess

    /// Starts it, and returns when it listens.
    /// - Parameters:
    ///   - flags: of `dosql serve`, beside those that every benchmark has.
    ///   - environment: what it has in its environment beside ours.
    ///   - before: arguments in front of them all, where `executable` is a program that runs `dosql`.
    package init(
        executable: String, folder: String, flags: [String] = [], environment: [String: String] = [:],
        before: [String] = []
    ) throws {
        self.folder = folder
        process = try PinnedProcess(
            executable,
            before + ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--loops", "1", "--cache", "65536"]
                + flags, environment: environment)
        address = try ListenAddress(parsing: process.line(after: "listening on "))
    }

    /// What it uses.
    package var usage: ProcessUsage { process.usage }

    /// Ends it, and waits for its end.
    package func stop() { process.stop() }
}
