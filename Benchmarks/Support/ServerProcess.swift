package import DoSQLLoop

/// A DoSQL server that is measured: a process of its own, with one loop.
package final class ServerProcess {
    /// Where it listens.
    package let address: ListenAddress
    /// Its data folder.
    package let folder: String
    private let process: PinnedProcess

    /// Starts it, and returns when it listens.
    /// - Parameter flags: of `dosql serve`, beside those that every benchmark has.
    package init(executable: String, folder: String, flags: [String] = []) throws {
        self.folder = folder
        process = try PinnedProcess(
            executable,
            ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--loops", "1", "--cache", "65536"] + flags)
        address = try ListenAddress(parsing: process.line(after: "listening on "))
    }

    /// What it uses.
    package var usage: ProcessUsage { process.usage }

    /// Ends it, and waits for its end.
    package func stop() { process.stop() }
}
