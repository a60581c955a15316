import Hummingbird

/// Lets through who has a role.
struct RequireRole: RouterMiddleware {
    let role: String

    init(_ role: String) { self.role = role }

    func handle(
        _ request: Request, context: UserContext, next: (Request, UserContext) async throws -> Response
    ) async throws -> Response {
        try context.user.require(role: role)
        return try await next(request, context)
    }
}
