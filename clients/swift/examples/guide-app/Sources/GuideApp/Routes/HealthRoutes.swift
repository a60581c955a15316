import DoSQLClient
import Foundation
import HTTPTypes
import Hummingbird

/// `/health`, for whoever watches the app. Opening the database is part of it.
struct HealthRoutes {
    let databases: TenantDatabases
    let baseDomain: String?

    var routes: RouteCollection<AppContext> {
        RouteCollection(context: AppContext.self).get(use: health)
    }

    @Sendable func health(_ request: Request, context: AppContext) async throws -> EditedResponse<[String: String]> {
        do {
            let tenant = try await databases.open(TenantName(host: request.head.authority, baseDomain: baseDomain))
            // Whoever watches does not wait as long as a user would.
            _ = try await tenant.queryOne("SELECT 1", deadline: .seconds(3))
            let now = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            return EditedResponse(status: .ok, response: ["status": "healthy", "timestamp": now])
        } catch let error as DoSQLError {
            return EditedResponse(
                status: .serviceUnavailable, response: ["status": "unhealthy", "error": error.userMessage])
        }
    }
}
