import ArgumentParser
import DoSQLAccess
import DoSQLLoop

/// `dosql token revoke`: tokens that are good no more.
struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke tokens by their ids.",
        discussion: """
            An API key is marked in its file (--tokens). A JWT has no record, so its id goes on the list that the server was started with (--revoked): its \
            jti, or what 'dosql token verify' shows. Nothing is changed unless all ids can be revoked.
            """)

    @Argument(help: "The ids of API keys or JWTs.")
    var ids: [String]

    @Option(help: ArgumentHelp("The file of API keys.", valueName: "file"))
    var tokens: String?

    @Option(help: ArgumentHelp("The list of revoked tokens; made if it is not there.", valueName: "file"))
    var revoked: String?

    func validate() throws {
        guard (tokens == nil) != (revoked == nil) else {
            throw ValidationError("say --tokens for API keys, or --revoked for the list of revoked tokens")
        }
        for id in ids {
            guard !id.hasPrefix(APIKey.prefix) else {
                throw ValidationError("an id is wanted, not the key itself: the 16 digits behind \(APIKey.prefix)")
            }
            guard RevocationList.isID(id) else {
                throw ValidationError("'\(id)' is not an id: 1 to 256 bytes without spaces and #")
            }
        }
    }

    func run() throws {
        if let tokens { try mark(in: tokens) }
        if let revoked { try add(to: revoked) }
        for id in ids { Output.line("revoked \(id)") }
    }

    private func mark(in path: String) throws {
        let now = UInt64(max(WallClock.milliseconds(), 0))
        let edit = try FileEdit(path)
        var file = try KeyFile(path: path)
        let unknown = ids.filter { !file.revoke(id: $0, at: now) }
        guard unknown.isEmpty else { throw CommandError("\(path) has no key \(unknown.joined(separator: ", "))") }
        try edit.replace(with: Array(file.text.utf8))
    }

    private func add(to path: String) throws {
        let edit = try FileEdit(path)
        try edit.replace(with: try RevocationList.adding(ids, to: try edit.bytes(), path: path))
    }
}
