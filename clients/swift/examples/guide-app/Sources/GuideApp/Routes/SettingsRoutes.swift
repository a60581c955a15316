import DoSQLClient
import Hummingbird

/// `/api/settings`: the guide's multi-tenant app.
struct SettingsRoutes {
    var routes: RouteCollection<TenantContext> {
        RouteCollection(context: TenantContext.self).get(use: get)
    }

    /// The tenant's settings, or `null`.
    @Sendable func get(_ request: Request, context: TenantContext) async throws -> Response {
        let settings = try await context.tenant.queryOne(
            "SELECT * FROM tenant_settings WHERE tenant_id = \(context.tenant.name)", as: TenantSettings.self)
        return try context.responseEncoder.encode(settings, from: request, context: context)
    }
}
