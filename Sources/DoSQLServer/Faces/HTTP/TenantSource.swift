/// Where a request says which tenant it is for, in the guide's order: the header, the Host's first label, the path
/// (`protocol/http.md`, tenants).
struct TenantSource {
    /// The tenant of a request that names none.
    static let fallback = "default"

    /// What the sources say; they have to agree.
    enum Resolution: Equatable {
        /// The tenant, and whether any source named it.
        case tenant(String, isNamed: Bool)
        /// Two of them differ: a sentence that says which.
        case conflict(String)
    }

    /// Domains under which a Host's first label names a tenant, in lower case.
    private let baseDomains: [String]

    init(baseDomains: [String]) {
        self.baseDomains = baseDomains.map { $0.lowercased() }
    }

    /// Finds the tenant. `path`: what stands behind `/t/`.
    func resolve(headers: [String], host: @autoclosure () -> String?, path: String?) -> Resolution {
        var found: (name: String, source: String)?
        func add(_ name: String, _ source: String) -> String? {
            if let found, found.name != name {
                return "\(found.source) names the tenant '\(found.name)', \(source) names '\(name)'"
            }
            if found == nil { found = (name, source) }
            return nil
        }
        for header in headers where !header.isEmpty {
            if let conflict = add(header, "X-Tenant-ID") { return .conflict(conflict) }
        }
        if !baseDomains.isEmpty, let label = label(of: host()), let conflict = add(label, "Host") {
            return .conflict(conflict)
        }
        if let path, let conflict = add(path, "the path") { return .conflict(conflict) }
        return .tenant(found?.name ?? Self.fallback, isNamed: found != nil)
    }

    /// Whether a host is a base domain or under one.
    func isBaseDomain(_ host: String) -> Bool {
        let lowered = host.lowercased()
        return baseDomains.contains { lowered == $0 || lowered.hasSuffix("." + $0) }
    }

    /// The label in front of a base domain; nil for the domain itself, `www`, `api` and whatever is not under one.
    private func label(of host: String?) -> String? {
        guard let host else { return nil }
        let lowered = host.lowercased()
        for domain in baseDomains where lowered.hasSuffix("." + domain) {
            let label = lowered.dropLast(domain.utf8.count + 1)
            // The guide takes the first label of however many there are.
            let first = label.prefix { $0 != "." }
            if first.isEmpty || first == "www" || first == "api" { return nil }
            return String(first)
        }
        return nil
    }
}
