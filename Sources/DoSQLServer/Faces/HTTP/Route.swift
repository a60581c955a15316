import DoSQLHTTP
import DoSQLProtocol

/// What a request asks for, and of whom (`protocol/http.md`, addresses and the tenant).
struct Route {
    let endpoint: Endpoint
    /// The tenant's name as the client gave it; nobody has looked yet whether it can be one.
    let tenant: String
    /// Whether the client named it.
    let namesTenant: Bool

    /// Finds out.
    /// - Throws: why there is no such thing, or not for this client.
    init(_ head: RequestHead, web: WebContext) throws(Refusal) {
        guard web.isServed(head.host) else { throw .misdirected }
        var path = head.pathSegments
        var pathTenant: String?
        if path.count >= 2 && path[0] == "t" {
            pathTenant = path[1]
            path.removeFirst(2)
        }
        switch Endpoint.match(head.method, path) {
        case .notFound: throw .notFound
        case .wrongMethod(let allowed): throw .wrongMethod(allowed: allowed)
        case .found(let found): endpoint = found
        }
        // The operator's paths are no tenant's.
        if endpoint.isAdministration && pathTenant != nil { throw .notFound }
        guard Self.isFromAllowedOrigin(head, web, isMeant: endpoint.isAdministration) else { throw .foreignOrigin }
        if endpoint.isAdministration {
            tenant = TenantSource.fallback
            namesTenant = false
            return
        }
        switch web.tenants.resolve(headers: head.values("x-tenant-id"), host: head.host, path: pathTenant) {
        case .conflict(let sentence): throw Refusal(Failure(.tenantNameInvalid, sentence))
        case .tenant(let name, let isNamed):
            tenant = name
            namesTenant = isNamed
        }
    }

    /// Whether no browser's page sends this that may not: forms, pictures and WebSockets do not ask for leave first.
    /// - Parameter isMeant: whether it is not for pages of other origins, whatever its method.
    private static func isFromAllowedOrigin(_ head: RequestHead, _ web: WebContext, isMeant: Bool) -> Bool {
        guard let origin = head.first("origin") else {
            guard let site = head.first("sec-fetch-site") else { return true }
            // A browser says that the page is of this very host: of one that is nobody else's.
            return site != "cross-site" && (!isMeant || web.isOwnName(head.host))
        }
        if web.cors.allows(origin) { return true }
        let isMeant =
            isMeant || head.method == "POST" || head.isUpgrade || head.first("sec-fetch-site") == "cross-site"
        guard isMeant else { return true }
        // The server's own pages, if it had any: what stands in front of it may serve some. Only under a name that is
        // nobody else's: any name can be made to lead here.
        guard let host = head.first("host")?.lowercased(), web.isOwnName(head.host) else { return false }
        let own = origin.lowercased()
        return own == "http://" + host || own == "https://" + host
    }
}
