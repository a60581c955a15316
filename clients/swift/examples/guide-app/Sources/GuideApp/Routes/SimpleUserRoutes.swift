import DoSQLClient
import Hummingbird

/// `/users`: the guide's simple app, to begin with.
struct SimpleUserRoutes {
    var routes: RouteCollection<TenantContext> {
        RouteCollection(context: TenantContext.self)
            .get(use: list)
            .post(use: create)
    }

    @Sendable func list(_ request: Request, context: TenantContext) async throws -> [User] {
        try await context.tenant.query("SELECT * FROM users ORDER BY created_at DESC, id DESC", as: User.self)
    }

    struct NewUser: Decodable {
        let name: String
        let email: String
    }

    struct Created: ResponseEncodable {
        let id: Int64
        let name: String
        let email: String
    }

    @Sendable func create(_ request: Request, context: TenantContext) async throws -> EditedResponse<Created> {
        let new = try await request.decode(as: NewUser.self, context: context)
        let result = try await context.tenant.run("INSERT INTO users (name, email) VALUES (\(new.name), \(new.email))")
        return EditedResponse(
            status: .created, response: Created(id: result.lastInsertRowid, name: new.name, email: new.email))
    }
}
