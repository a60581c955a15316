import DoSQLEngine
import DoSQLLoop
import DoSQLServer
import ForgetfulVFS
import Logging

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `dosql-test-server`: a server whose disk can be made to misbehave, in a process of its own, so that it can be killed.
///
/// Flags, each with a value: `--listen`, `--data`, `--vfs` (`forgetful` or one of SQLite's), `--loops`, `--synchronous`, `--checkpoint-pages`,
/// `--tenant-requests`, `--disk-seed` (of whom the disk's faults strike).
/// The folder with the switches of `forgetful` (see its header) is `switches` in the data folder's parent.
@main
enum CrashServer {
    static func main() throws {
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        var diskSeed: UInt64 = 0
        var arguments = CommandLine.arguments.dropFirst()
        while let flag = arguments.popFirst() {
            guard let value = arguments.popFirst() else { throw UsageError(description: "\(flag) needs a value") }
            switch flag {
            case "--listen": configuration.listen = [try ListenAddress(parsing: value)]
            case "--data": configuration.dataFolder = value
            case "--vfs": configuration.vfsName = value
            case "--loops": configuration.loops = Int(value) ?? 0
            case "--synchronous": configuration.synchronous = value == "normal" ? .normal : .full
            case "--checkpoint-pages": configuration.checkpointPages = Int(value) ?? 0
            case "--tenant-requests": configuration.tenant.tenantRequestsMax = Int(value) ?? 0
            case "--disk-seed": diskSeed = UInt64(value) ?? 0
            default: throw UsageError(description: "there is no flag \(flag)")
            }
        }
        let code = unsafe forgetful_vfs_register(configuration.dataFolder + "/../switches", diskSeed)
        guard code == 0 else { throw UsageError(description: "the VFS cannot be registered: SQLite's code \(code)") }
        var log = Logger(label: "dosql-test-server") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = .warning
        let server = try Server(configuration, log: log)
        for address in server.addresses { print("listening on \(address)") }
        fflush(nil)
        server.waitForSignal()
        server.stop()
    }
}

/// A flag that is wrong.
struct UsageError: Error, CustomStringConvertible {
    let description: String
}
