import ArgumentParser
import DoSQLEngine
import DoSQLServer
import FoundationEssentials
import Logging

/// `dosql serve`: runs the server until Ctrl-C or SIGTERM.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Without flags it listens on 127.0.0.1:3775 and keeps its data in ./dosql-data. It stops on Ctrl-C or SIGTERM: open transactions are rolled \
            back, accepted writes finished, every database checkpointed. A second Ctrl-C ends it at once, which loses nothing that was answered.

            On this machine's own addresses it lets everybody do everything. On any other it starts only with tokens: --tokens FILE, which `dosql token \
            create` makes, or keys for JWTs. The same goes for a container, whose port is published from 0.0.0.0.

            Whatever a flag says, an environment variable can say (DOSQL_WRITER_THREADS=4, lists with commas), and a file, --config FILE, in YAML or \
            JSON (writerThreads: 4). Flags come before variables, and these before the file. Times may have units (100ms, 30s, 7d), sizes too \
            (64MiB). `dosql config check` tells what is wrong, or what all of it amounts to.
            """)

    @OptionGroup var flags: ServeFlags

    /// What these flags, this environment and the file that one of them names amount to.
    func effectiveConfiguration(
        environment: [String: String] = ProcessInfo.processInfo.environment, readsFiles: Bool = true
    ) throws -> EffectiveConfiguration {
        do {
            return try EffectiveConfiguration(flags: flags, environment: environment, readsFiles: readsFiles)
        } catch {
            throw ValidationError(error.description)
        }
    }

    func run() throws {
        let effective = try effectiveConfiguration()
        let values = effective.values
        let threshold = LogThreshold(values.logLevel.level)
        let lines = try LogWriter(values.logFormat)
        // Whatever was logged last is seen, also where the server does not start.
        defer { lines.close() }
        let log = Logger(label: "dosql") { _ in LineLogHandler(values.logFormat, from: threshold, to: lines) }
        var configuration = effective.server
        let reload = ConfigurationReload(flags: flags, started: values, threshold: threshold, log: log)
        configuration.onReload = { reload.run(environment: ProcessInfo.processInfo.environment) }
        let server: Server
        do {
            server = try Server(configuration, log: log)
        } catch {
            throw CommandError("cannot start: \(error)")
        }
        for address in server.addresses { Output.line("listening on \(address)") }
        Output.line("data in \(server.dataFolder)")
        Output.line("SQLite \(SQLiteLibrary.version)")
        server.waitForSignal()
        Output.line("stopping")
        server.stop()
        Output.line("stopped")
    }
}
