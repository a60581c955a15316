import DoSQLLoop
import DoSQLServer
import FoundationEssentials
import Logging

/// A server inside of this command, on a socket that only this user can reach: for work on a data folder while no other
/// server has it open. So tenants are opened, recovered and migrated by the same code as ever.
struct OfflineServer {
    private let server: Server
    private let folder: URL
    /// Where it listens.
    let socket: String

    init(data: String, createsTenants: Bool) throws {
        guard FileManager.default.fileExists(atPath: data + "/FORMAT") else {
            throw CommandError("\(data) is not a data folder of DoSQL: there is no file FORMAT in it")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "dosql-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        self.folder = folder
        socket = folder.path + "/socket"
        var configuration = Configuration()
        configuration.listen = [try ListenAddress(parsing: "unix:" + socket)]
        configuration.dataFolder = data
        configuration.createsTenants = createsTenants
        configuration.handlesSignals = false
        configuration.loops = 1
        var log = Logger(label: "dosql") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .warning
        do {
            server = try Server(configuration, log: log)
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw CommandError("cannot open \(data): \(error)")
        }
    }

    /// Checkpoints and closes everything.
    func stop() {
        server.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}
