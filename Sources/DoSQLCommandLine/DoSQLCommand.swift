import ArgumentParser
import DoSQLClient
import DoSQLLoop

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `dosql`: the server and the tools beside it.
@main
struct DoSQLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dosql",
        abstract: "A database for web apps at the edge: one SQLite database for every tenant.",
        discussion: "Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.",
        version: Version.text,
        subcommands: [
            Serve.self, ConfigCommand.self, Query.self, ShellCommand.self, Migrate.self, TenantsCommand.self,
            TopCommand.self, TokenCommand.self, BenchCommand.self,
        ])

    static func main() async {
        var parsed: any ParsableCommand.Type = Self.self
        do {
            var command = try parseAsRoot()
            parsed = type(of: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as LoopError where error.isPeerGone {
            // Whoever read our output has had enough, as behind `| head`.
            Glibc.exit(1)
        } catch let error as DoSQLError {
            exit(withError: CommandError(ErrorText(error).description))
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            // The library would end with 64.
            Output.errorLine(parsed.fullMessage(for: error))
            Glibc.exit(2)
        }
    }
}
