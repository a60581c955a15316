import ArgumentParser
import DoSQLClient
import FoundationEssentials

/// What every command takes that administers a server (`protocol/administration.md`).
struct AdministrationOptions: ParsableArguments {
    @Argument(help: "The server: dosql://[TOKEN@]HOST[:PORT], https://HOST[:PORT] or dosql+unix:///PATH.")
    var url: String

    @Option(help: "The token to connect with, unless the URL has one. Default: what DOSQL_TOKEN holds.")
    var token: String?

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
            token: address.token ?? token ?? ProcessInfo.processInfo.environment["DOSQL_TOKEN"],
            trustRoots: tlsCA, certificate: tlsCertificate.flatMap { certificate in tlsKey.map { (certificate, $0) } })
    }
}
