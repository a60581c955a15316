import Hummingbird

/// Finds the request's tenant by its host, and sets ``AppContext/tenant`` to its database.
struct TenantMiddleware: RouterMiddleware {
    let databases: TenantDatabases
    let baseDomain: String?

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let name = try TenantName(host: request.head.authority, baseDomain: baseDomain)
        context.tenant = try await databases.open(name)
        return try await next(request, context)
    }
}
