import ArgumentParser
import DoSQLClient
import FoundationEssentials

/// What every command takes that administers a server (`protocol/administration.md`).
struct AdministrationOptions: ParsableArguments {
    @Argument(help: "The server: dosql://[TOKEN@]HOST[:PORT], https://HOST[:PORT] or dosql+unix:///PATH.")
    var url: String

    @Option(help: "The token to connect with, unless the URL has one. Default: what DOSQL_TOKEN holds.")
    var token: String?

    @Option(help: ArgumentHelp("A file that holds the token, which others then cannot see.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "What the certificate of a dosqls:// or https:// server must come from (PEM). Default: what the system trusts.",
            valueName: "file"))
    var tlsCA: String?

    @Option(help: ArgumentHelp("The certificate to show to a server that asks for one (PEM).", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key that belongs to it (PEM).", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Print what the server has answered, as JSON.")
    var json = false

    func validate() throws {
        if token != nil && tokenFile != nil { throw ValidationError("--token and --token-file exclude one another") }
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key come together")
        }
    }

    /// A client of the server; a URL that is none is wrong usage.
    func client() throws -> AdministrationClient {
        let address: AdministrationAddress
        do {
            address = try AdministrationAddress(url)
        } catch {
            throw ValidationError("\(url): \(error.message)")
        }
        if !address.isSecure, tlsCA != nil || tlsCertificate != nil {
            throw ValidationError("--tls-ca and --tls-certificate are for dosqls:// and https://")
        }
        return AdministrationClient(
            address: address,
            token: try address.token ?? token ?? tokenFile.map(Self.readToken)
                ?? ProcessInfo.processInfo.environment["DOSQL_TOKEN"],
            trustRoots: tlsCA, certificate: tlsCertificate.flatMap { certificate in tlsKey.map { (certificate, $0) } })
    }

    /// A file's token: all of it but the space around it.
    private static func readToken(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else { throw CommandError("\(path) cannot be read") }
        let token = text.split(whereSeparator: \.isWhitespace)
        guard token.count == 1 else { throw CommandError("\(path) does not hold one token") }
        return String(token[0])
    }
}
