import ArgumentParser
import DoSQLClient
import FoundationEssentials
import Logging

/// What every command that talks to a server takes.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The token to connect with, unless the URL has one. Default: what DOSQL_TOKEN holds.")
    var token: String?

    @Option(
        help: ArgumentHelp(
            "What the certificate of a dosqls:// server must come from (PEM). Default: what the system trusts.",
            valueName: "file"))
    var tlsCA: String?

    @Option(
        help: ArgumentHelp("The certificate to show to a dosqls:// server that asks for one (PEM).", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key that belongs to it (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(help: "Milliseconds after which a statement is given up.")
    var deadline: Int?

    func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-certificate and --tls-key come together")
        }
        if let deadline, deadline < 1 { throw ValidationError("--deadline is at least 1 millisecond, not \(deadline)") }
    }

    /// How to connect to the server of a URL; a URL that is none is wrong usage.
    func configuration(_ text: String) throws -> DoSQLClient.Configuration {
        do {
            let url = try DoSQLURL(text)
            if !url.isSecure, tlsCA != nil || tlsCertificate != nil {
                throw ValidationError("--tls-ca and --tls-certificate are for dosqls://, and this is \(url)")
            }
            return configuration(url)
        } catch let error as DoSQLError {
            throw ValidationError("\(text): \(error.message)")
        }
    }

    private func configuration(_ url: DoSQLURL) -> DoSQLClient.Configuration {
        var configuration = DoSQLClient.Configuration(url)
        configuration.token = configuration.token ?? token ?? ProcessInfo.processInfo.environment["DOSQL_TOKEN"]
        if url.isSecure {
            configuration.tls?.trustRoots = tlsCA.map { .file($0) }
            configuration.tls?.certificates = tlsCertificate.map { .file($0) }
            configuration.tls?.key = tlsKey.map { .file($0) }
        }
        configuration.deadline = deadline.map { .milliseconds($0) }
        return configuration.forCommandLine
    }
}

extension DoSQLClient.Configuration {
    /// With what suits somebody who waits at a terminal.
    var forCommandLine: DoSQLClient.Configuration {
        var copy = self
        copy.connectionWaitMax = .seconds(3)
        copy.traces = false
        copy.logger = Logger(label: "dosql") { StreamLogHandler.standardError(label: $0) }
        copy.logger.logLevel = .error
        return copy
    }

    /// The tenant that the URL must name.
    var namedTenant: String {
        get throws {
            guard let tenant, !tenant.isEmpty else {
                throw ValidationError("the URL names no tenant: dosql://HOST[:PORT]/TENANT")
            }
            return tenant
        }
    }
}
