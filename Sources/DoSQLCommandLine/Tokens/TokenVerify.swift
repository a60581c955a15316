import ArgumentParser
import DoSQLAccess
import DoSQLLoop

/// `dosql token verify`: what a token may do, or why it is refused.
struct TokenVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Tell what a token may do, or why it is refused.",
        discussion: """
            The token is read from a file or from standard input, never from the arguments, which every user of the machine can see. It is judged as a \
            server with the same options would. Exit status 1: it is refused.
            """)

    @Argument(help: ArgumentHelp("A file that holds the token; - reads standard input.", valueName: "file"))
    var file = "-"

    @OptionGroup var options: TokenOptions

    func validate() throws {
        let configuration = try options.configuration()
        guard !configuration.isEmpty else {
            throw ValidationError("say what to check by: --tokens, --jwt-key or --jwks")
        }
        guard configuration.faults.isEmpty else {
            throw ValidationError(configuration.faults.joined(separator: "\n"))
        }
    }

    func run() async throws {
        let authority = try TokenAuthority(try options.configuration())
        let now = UInt64(max(WallClock.milliseconds(), 0))
        switch await authority.verify(try token(), now: now) {
        case .granted(let access):
            Output.line("good")
            Output.line("id       \(DisplayText.escaped(access.tokenID))")
            Output.line("subject  \(access.subject.isEmpty ? "none" : DisplayText.escaped(access.subject))")
            Output.line("expires  \(access.expiresAt.map(Timestamp.text) ?? "never")")
            if access.grants.isEmpty { Output.line("grants   none: it may do nothing") }
            for grant in access.grants { Output.line("grant    \(DisplayText.escaped(grant.json))") }
        case .refused(let error): throw CommandError(error.message)
        case .unverified: throw CommandError("the token could not be checked")
        }
    }

    /// The token, without the line break that editors and `echo` put behind it.
    private func token() throws -> [UInt8] {
        let source = file == "-" ? BlockingFile.standardInput : try BlockingFile(reading: file)
        var bytes: [UInt8] = []
        // One byte more than a token has tells that it is too long; the rest need not be read.
        while bytes.count <= AccessLimits.tokenBytesMax + 2, case let part = try source.read(), !part.isEmpty {
            bytes += part
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }
}
