import ArgumentParser
import DoSQLClient
import DoSQLLoop
import FoundationEssentials

/// `dosql shell`: SQL and dot commands, typed or piped in.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Type SQL at a tenant.",
        discussion: """
            Statements end with a semicolon and may have many lines. BEGIN … COMMIT is a transaction of the server, which rolls it back when nothing \
            comes for a while. Ctrl-C ends the running statement, Ctrl-D the shell; .help tells of the rest.

            With standard input from a file or pipe it carries the text out, goes on after errors unless --bail is given, and ends with status 1 if \
            there were any.
            """)

    @Argument(help: "dosql://[TOKEN@]HOST[:PORT]/TENANT or dosql+unix:///PATH?tenant=TENANT.")
    var url: String

    @Option(help: "How to print: table, json or csv.")
    var format = OutputFormat.table

    @Flag(help: "Stop at the first error.")
    var bail = false

    @Flag(inversion: .prefixedNo, help: "Keep what is typed in ~/.dosql_history.")
    var history = true

    @OptionGroup var connection: ConnectionOptions

    @MainActor
    func run() async throws {
        let configuration = try connection.configuration(url)
        let tenant = try configuration.namedTenant
        let isInteractive = BlockingFile.standardInput.isTerminal && BlockingFile.standardOutput.isTerminal
        let failures = try await withDoSQLClient(configuration) { client in
            let shell = Shell(client: client, tenant: tenant, printer: ResultPrinter(format: format), bails: bail)
            if isInteractive {
                // A server that is not there is told before anything is typed.
                try await client.ping()
                let home = ProcessInfo.processInfo.environment["HOME"]
                let editor = LineEditor(historyFile: history ? home.map { $0 + "/.dosql_history" } : nil)
                try await shell.converse(through: editor)
                return 0
            }
            try await shell.carryOut(FileLines(.standardInput))
            return shell.failures
        }
        if failures > 0 { throw ExitCode(1) }
    }
}
