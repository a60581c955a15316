import ArgumentParser
import DoSQLAccess
import DoSQLClient
import DoSQLLoop

/// `dosql token list`: the API keys of a file.
struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the API keys of a file: what they may do, and whether they are still good."
    )

    @Option(help: ArgumentHelp("The file of API keys.", valueName: "file"))
    var tokens: String

    @Option(help: ArgumentHelp("A list of revoked tokens to consider too.", valueName: "file"))
    var revoked: String?

    @Option(help: "How to print: table, json or csv.")
    var format = OutputFormat.table

    func run() throws {
        let now = UInt64(max(WallClock.milliseconds(), 0))
        let listed = try revoked.map { try RevocationList(path: $0).ids } ?? []
        var writer = format.writer()
        var output: [UInt8] = []
        writer.begin(["id", "name", "state", "created", "expires", "grants"], into: &output)
        for record in try KeyFile(path: tokens).records {
            let state =
                record.revoked != nil || listed.contains(record.id)
                ? "revoked" : record.expires.map { $0 <= now } == true ? "expired" : "good"
            writer.row(
                [
                    .text(record.id), .text(record.name), .text(state), .text(Timestamp.text(record.created)),
                    record.expires.map { .text(Timestamp.text($0)) } ?? .null,
                    .text(record.grants.map(\.json).joined(separator: ", ")),
                ], into: &output)
        }
        writer.end(into: &output)
        try Output.write(output)
    }
}
