import DoSQLClient
import Hummingbird

/// What a request has behind ``TenantMiddleware``: its tenant's database, and perhaps a user.
struct TenantContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestDecoder = JSONBodyDecoder()
    let responseEncoder = JSONBodyEncoder()
    let maxUploadSize = bodyMax
    /// The database, brought to the app's migrations.
    let tenant: Tenant
    /// Who asks; ``Authentication`` sets it.
    var user: CurrentUser?

    init(context: AppContext) throws {
        guard let tenant = context.tenant else { throw MisplacedRoute(missing: "TenantMiddleware") }
        coreContext = context.coreContext
        self.tenant = tenant
    }
}

/// A route is mounted where the middleware that it needs has not run: a mistake in ``router(_:databases:requestLog:hub:)``.
struct MisplacedRoute: Error {
    let missing: String
}

extension RequestContext {
    /// The `:id` of the path; 0, which is nobody's, for anything but a positive whole number.
    var id: Int64 {
        guard let text = parameters.get("id"), text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return 0 }
        return Int64(text) ?? 0
    }
}
