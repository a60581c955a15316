import ArgumentParser
import FoundationEssentials

/// `dosql config`: what a server would make of its configuration.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check a server's configuration.", subcommands: [ConfigCheck.self])
}

/// `dosql config check`: what is wrong with a configuration, or what it amounts to.
struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Tell everything that is wrong with a configuration, or what it amounts to.",
        discussion: """
            Reads what `dosql serve` with the same flags would read: the flags, the environment (DOSQL_WRITER_THREADS is --writer-threads), the file, \
            and the files that these name. Prints the settings as a configuration file, each with the place its value comes from. Exit status 1: \
            something is wrong; every fault is on standard error, with its place. No data folder is opened and nothing is listened on.
            """)

    @OptionGroup var flags: ServeFlags

    func run() throws {
        do {
            let effective = try EffectiveConfiguration(
                flags: flags, environment: ProcessInfo.processInfo.environment)
            Output.line(ConfigurationListing(configuration: effective).description)
        } catch {
            Output.errorLine(error.description)
            throw ExitCode(1)
        }
    }
}
