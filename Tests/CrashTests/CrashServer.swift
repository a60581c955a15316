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

    /// Kills it if it lives, and starts it anew on the same data. `further`: flags for this time.
    func restart(_ further: [String] = []) throws {
        process.kill()
        process = try TestServerProcess(product: "dosql-test-server", folder: folder, flags: flags + further)
    }

    /// The switches of its disk, for any thread.
    var disk: Disk { Disk(folder: folder) }
}

/// The switches of a disk of the VFS `forgetful`.
struct Disk: Sendable {
    /// What it can be told to do.
    enum Fault: String, CaseIterable {
        case skipSync = "skip-sync"
        case failSync = "fail-sync"
        case full
        case quota
        case readOnly = "read-only"
        case shortWrite = "short-write"
        case torn
    }

    let folder: TemporaryFolder

    /// Switches a fault on. `number`: how often, or how much; nil: always, and nothing.
    func begin(_ fault: Fault, _ number: Int? = nil) throws {
        // Renamed into its place, so that nobody reads half of the number.
        try Data((number.map { "\($0)" } ?? "").utf8).write(to: URL(filePath: path(of: fault)), options: .atomic)
    }

    func end(_ fault: Fault) throws { try FileManager.default.removeItem(atPath: path(of: fault)) }

    /// Makes it a good disk.
    func endAll() throws {
        for fault in Fault.allCases where FileManager.default.fileExists(atPath: path(of: fault)) { try end(fault) }
    }

    private func path(of fault: Fault) -> String { folder.path(of: "switches/\(fault.rawValue)") }
}
