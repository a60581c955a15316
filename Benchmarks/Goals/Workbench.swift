import BenchmarkSupport
import FoundationEssentials

/// What all stages share: the programs, the tables, a folder.
final class Workbench {
    /// The path of `dosql`.
    let dosql: String
    /// The path of `bound-server`.
    let bound: String
    /// A folder of its own; the caller removes it.
    let folder: String
    let table: UsersTable
    /// Whether it is only to be seen that everything works: little data, nothing that takes long.
    let isSmoke: Bool
    private var copies = 0

    init(dosql: String, bound: String, folder: String, table: UsersTable, isSmoke: Bool) throws {
        self.dosql = dosql
        self.bound = bound
        self.folder = folder
        self.table = table
        self.isSmoke = isSmoke
        try FileManager.default.createDirectory(atPath: boundTemplate, withIntermediateDirectories: true)
        let server = try ServerProcess(executable: dosql, folder: template)
        try table.load(into: server.address)
        server.stop()
        let other = try BoundProcess(executable: bound, folder: boundTemplate)
        try table.load(into: other.address)
        other.stop()
    }

    private var template: String { folder + "/dosql" }
    private var boundTemplate: String { folder + "/bound" }

    /// A server of ours on a fresh copy of a data folder, by default the one with the table: it has the bound's page cache
    /// and its checkpoints.
    func freshServer(of folder: String? = nil) throws -> ServerProcess {
        try ServerProcess(
            executable: dosql, folder: try copy(of: folder ?? template),
            flags: ["--checkpoint-pages", "\(Self.checkpointPages)", "--writer-threads", "\(Self.writerThreads)"])
    }

    /// The bound, on a fresh copy of a folder, by default the one with the table.
    func freshBound(of folder: String? = nil, flags: [String] = []) throws -> BoundProcess {
        try BoundProcess(
            executable: bound, folder: try copy(of: folder ?? boundTemplate),
            flags: ["--checkpoint-pages", "\(Self.checkpointPages)", "--writer-threads", "\(Self.writerThreads)"]
                + flags)
    }

    /// The path of a database file with the table, as any program opens it.
    func freshFile() throws -> String { try copy(of: boundTemplate) + "/bench.sqlite" }

    /// A path for something new.
    func path(_ name: String) -> String {
        copies += 1
        return "\(folder)/\(name)-\(copies)"
    }

    /// A folder for something new.
    func makeFolder(_ name: String) throws -> String {
        let folder = path(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    private func copy(of source: String) throws -> String {
        let target = path("copy")
        try FileManager.default.copyItem(atPath: source, toPath: target)
        // What is still to be written would be written while something is measured.
        SystemDisk.sync()
        return target
    }

    /// Both servers': frames in the log from which it is checkpointed.
    private static let checkpointPages = 4000
    /// Both servers': threads that write.
    private static let writerThreads = 8
}
