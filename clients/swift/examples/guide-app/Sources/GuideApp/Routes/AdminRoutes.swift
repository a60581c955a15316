import DoSQLClient
import Hummingbird

/// `/api/v1/admin`, for admins.
struct AdminRoutes {
    var routes: RouteCollection<UserContext> {
        RouteCollection(context: UserContext.self).get("stats", use: stats)
    }

    /// How much there is.
    @Sendable func stats(_ request: Request, context: UserContext) async throws -> Response {
        let stats = try await context.tenant.queryOne(
            """
            SELECT (SELECT COUNT(*) FROM users) AS users,
                   (SELECT COUNT(*) FROM posts) AS posts,
                   (SELECT COUNT(*) FROM posts WHERE published = 1) AS published_posts
            """, as: Stats.self)
        return try context.responseEncoder.encode(stats, from: request, context: context)
    }
}
