import DoSQLClient
import Foundation
import HTTPTypes
import Hummingbird

/// What the app is configured with: variables of the environment.
struct AppConfiguration: Sendable {
    /// The server, from `DOSQL_URL` and `DOSQL_TOKEN`.
    var database: DoSQLClient.Configuration
    /// `HOST` and `PORT`: where to listen. Port 0 lets the system choose.
    var host: String
    var port: Int
    /// `BASE_DOMAIN`: the domain whose subdomains are tenants, in lower case. Without it everybody is the tenant
    /// `default`.
    var baseDomain: String?
    /// `CLIENT_ADDRESS_HEADER`: the header in which a proxy in front of the app, and nobody else, writes the client's
    /// address. Without it the address is the connection's.
    var clientAddressHeader: HTTPField.Name?
    /// `CORS_ORIGINS`: the origins that browsers may call from; nil: any.
    var corsOrigins: [String]?

    /// Reads the environment.
    ///
    /// - Throws: ``Invalid`` for a value that means nothing; `DoSQLError` for a `DOSQL_URL` that is none.
    init(_ environment: Environment = Environment()) throws {
        let url = environment.get("DOSQL_URL") ?? "http://127.0.0.1:3775"
        database = DoSQLClient.Configuration(try DoSQLURL(Self.binaryURL(of: url)))
        if let token = environment.get("DOSQL_TOKEN"), !token.isEmpty { database.token = token }
        // Each event stream and each channel of the hub is a subscription, and a connection has at most 256 of them.
        database.connectionsMax = 32

        host = environment.get("HOST") ?? "127.0.0.1"
        let portText = environment.get("PORT") ?? "8787"
        guard let port = Int(portText), (0...65535).contains(port) else {
            throw Invalid(variable: "PORT", value: portText, wanted: "a number from 0 to 65535")
        }
        self.port = port
        baseDomain = environment.get("BASE_DOMAIN").flatMap { $0.isEmpty ? nil : $0.lowercased() }
        if let name = environment.get("CLIENT_ADDRESS_HEADER"), !name.isEmpty {
            guard let header = HTTPField.Name(name) else {
                throw Invalid(variable: "CLIENT_ADDRESS_HEADER", value: name, wanted: "the name of a header")
            }
            clientAddressHeader = header
        }
        let origins = environment.get("CORS_ORIGINS") ?? "*"
        if origins != "*" {
            corsOrigins = origins.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// One port speaks HTTP and the binary protocol, so a server's `http://` or `https://` URL names the latter as well.
    static func binaryURL(of url: String) -> String {
        for (scheme, binaryScheme, port) in [("http://", "dosql://", 80), ("https://", "dosqls://", 443)]
        where url.lowercased().hasPrefix(scheme) {
            let rest = url.dropFirst(scheme.count)
            let host = rest.prefix { $0 != "/" }
            let hasPort = host.contains(":") && host.last != "]"
            return binaryScheme + host + (hasPort ? "" : ":\(port)") + rest.dropFirst(host.count)
        }
        return url
    }

    /// A variable that cannot be used.
    struct Invalid: Error, CustomStringConvertible {
        let variable: String
        let value: String
        let wanted: String

        var description: String { "\(variable) is \"\(value)\", wanted is \(wanted)" }
    }
}
