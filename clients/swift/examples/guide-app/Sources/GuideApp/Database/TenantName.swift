/// A tenant's name, which is also that of its database.
///
/// It comes from the address, for which DNS, certificates and the proxy in front of the app answer, and from no header
/// that a page or a program may add to a request as it likes. An address is no credential: what a tenant keeps for itself
/// is behind its own sessions.
struct TenantName: Hashable, Sendable {
    let text: String

    /// The tenant of a host: `acme` of `acme.example.com`, `default` of the domain itself, of its `www` and `api`, and of
    /// every host outside.
    ///
    /// - Parameters:
    ///   - host: as `Host` has it, with or without a port.
    ///   - baseDomain: the domain whose subdomains are tenants, in lower case.
    /// - Throws: ``Refusal`` 404 for a subdomain that cannot be a tenant.
    init(host: String?, baseDomain: String?) throws(Refusal) {
        let name = (host ?? "").lowercased().prefix { $0 != ":" }
        guard let baseDomain, name.hasSuffix("." + baseDomain) else {
            text = "default"
            return
        }
        let label = name.dropLast(baseDomain.count + 1)
        if label == "www" || label == "api" {
            text = "default"
            return
        }
        let isLabel = label.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || $0 == "-" }
        guard isLabel, (1...63).contains(label.count), label.first != "-", label.last != "-" else {
            throw Refusal(.notFound, "Unknown tenant")
        }
        text = String(label)
    }
}
