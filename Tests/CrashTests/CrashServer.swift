import DoSQLTestSupport
import FoundationEssentials

/// A data folder whose server is killed and started again, and the switches of its disk.
final class CrashServer {
    let folder: TemporaryFolder
    private let flags: [String]
    private(set) var process: TestServerProcess

    init(vfs: String, flags: [String] = []) throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path(of: "switches"), withIntermediateDirectories: true)
        self.flags = ["--vfs", vfs, "--loops", "2"] + flags
        process = try TestServerProcess(product: "dosql-test-server", folder: folder, flags: self.flags)
    }

    /// Kills it if it lives, and starts it anew on the same data.
    func restart() throws {
        process.kill()
        process = try TestServerProcess(product: "dosql-test-server", folder: folder, flags: flags)
    }

    /// The switches of its disk, for any thread.
    var disk: Disk { Disk(folder: folder) }
}

/// The switches of a disk of the VFS `forgetful`.
struct Disk: Sendable {
    /// What it can be told to do.
    enum Fault: String {
        case skipSync = "skip-sync"
        case failSync = "fail-sync"
        case full
    }

    let folder: TemporaryFolder

    func begin(_ fault: Fault) throws { try folder.write("", to: "switches/\(fault.rawValue)") }

    func end(_ fault: Fault) throws {
        try FileManager.default.removeItem(atPath: folder.path(of: "switches/\(fault.rawValue)"))
    }
}
