import ArgumentParser

/// `dosql token`: API keys, and what tokens may do.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make, list and revoke API keys, and tell what a token may do.",
        discussion: """
            API keys are kept in a file, as hashes: a key is shown once, when it is made. A server that was started with the file takes up what changes in \
            it, at once on SIGHUP.

            Examples:
              dosql token create --tokens keys.json --name billing --tenant acme --right read,write
              dosql token create --tokens keys.json --name ops --tenant '*' --right admin --expires 90d
              dosql token list --tokens keys.json
              dosql token revoke --tokens keys.json 0f1e2d3c4b5a6978
              dosql token verify --tokens keys.json < key.txt
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self, TokenVerify.self])
}
