import DoSQLClient

/// Where a server is that is spoken to over HTTP: `dosql://` and `http://`, over TLS `dosqls://` and `https://`, or
/// `dosql+unix://`.
struct AdministrationAddress: Equatable {
    let endpoint: DoSQLURL.Endpoint
    let isSecure: Bool
    let token: String?

    /// Reads a URL, which names no tenant: commands take that by itself.
    init(_ text: String) throws(DoSQLError) {
        let schemes = [
            ("dosqls://", "dosql://", true), ("https://", "dosql://", true), ("http://", "dosql://", false),
        ]
        let scheme = schemes.first { text.lowercased().hasPrefix($0.0) }
        let url = try DoSQLURL(scheme.map { $0.1 + text.dropFirst($0.0.count) } ?? text)
        guard (url.tenant ?? "").isEmpty else {
            throw DoSQLError(.configuration, "the URL names a tenant, which is an argument of its own here")
        }
        endpoint = url.endpoint
        isSecure = scheme?.2 ?? false
        token = url.token
    }

    /// What a request's Host says.
    var host: String {
        switch endpoint {
        case .host(let name, let port): (name.contains(":") ? "[\(name)]" : name) + ":\(port)"
        case .unixSocket: "localhost"
        }
    }
}
