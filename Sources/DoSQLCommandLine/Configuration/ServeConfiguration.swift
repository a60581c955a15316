import DoSQLEngine
import DoSQLServer
import DoSQLTLS
import Logging

/// What `dosql serve` is told: the server's configuration, and what is the program's own.
struct ServeConfiguration: Sendable {
    /// As far as one setting decides it; ``complete()`` has the rest.
    var server = Configuration()
    /// Parts of what the server takes as one.
    var tls = TLSPaths()
    var tokens = TokenSources()
    /// What goes to standard error.
    var logLevel = LogLevel.notice
    var logFormat = LogFormat.text

    /// The files of TLS, each of which may be missing.
    struct TLSPaths: Sendable {
        var certificate: String?
        var key: String?
        var clientCA: String?
        var clientCertificates = TLSFiles.ClientCertificates.required
    }

    /// How much is logged: `Logger.Level`, whose cases are in this order.
    enum LogLevel: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error

        /// As the logging library calls it.
        var level: Logger.Level {
            switch self {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
        }
    }

    /// `full` or `normal`, as the settings spell it.
    enum Synchronous: String, CaseIterable, Sendable {
        case full, normal
    }

    var synchronous: Synchronous {
        get { server.synchronous == .full ? .full : .normal }
        set { server.synchronous = newValue == .full ? .full : .normal }
    }

    /// The server's configuration, whole. What does not fit together is added to the faults, with the setting it is about.
    func complete(_ faults: (String, _ setting: String) -> Void) -> Configuration {
        var server = server
        server.tokens = tokens.configuration
        switch (tls.certificate, tls.key) {
        case (let certificate?, let key?):
            server.tls = TLSFiles(
                certificate: certificate, key: key, clientCA: tls.clientCA, clientCertificates: tls.clientCertificates)
        case (nil, nil):
            if tls.clientCA != nil { faults("needs a certificate and a key of the server's too", "tls.clientCA") }
        case (.some, nil):
            faults("a certificate needs its key: --tls-certificate and --tls-key come together", "tls.certificate")
        case (nil, .some):
            faults("a key needs its certificate: --tls-certificate and --tls-key come together", "tls.key")
        }
        return server
    }
}
