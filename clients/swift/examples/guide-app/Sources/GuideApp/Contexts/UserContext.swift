import DoSQLClient
import Hummingbird

/// What a request has behind ``Authentication``: a handler of it cannot be reached without a user.
struct UserContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestDecoder = JSONBodyDecoder()
    let responseEncoder = JSONBodyEncoder()
    let maxUploadSize = bodyMax
    /// The database, brought to the app's migrations.
    let tenant: Tenant
    /// Who asks.
    let user: CurrentUser

    init(context: TenantContext) throws {
        guard let user = context.user else { throw MisplacedRoute(missing: "Authentication") }
        coreContext = context.coreContext
        tenant = context.tenant
        self.user = user
    }
}
