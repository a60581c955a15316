import DoSQLClient
import Foundation
import Hummingbird
import HummingbirdCore

/// `/api/v1/users`. Public, as in the guide, DELETE included: put ``Authentication`` in front of them before you show
/// this to the world.
struct UserRoutes {
    var routes: RouteCollection<TenantContext> {
        RouteCollection(context: TenantContext.self)
            .get(use: list)
            .get(":id", use: get)
            .post(use: create)
            .patch(":id", use: update)
            .delete(":id", use: delete)
    }

    // MARK: GET /users

    struct List: ResponseEncodable {
        let data: [User]
        let pagination: Pagination

        struct Pagination: Encodable {
            let total: Int
            let limit: Int
            let offset: Int
        }
    }

    @Sendable func list(_ request: Request, context: TenantContext) async throws -> List {
        let page = try Page(of: request.uri)
        var filter: SQL = ""
        if let search = Self.search(in: request.uri), !search.isEmpty {
            let pattern = "%\(search)%"
            filter = "WHERE name LIKE \(pattern) OR email LIKE \(pattern)"
        }

        async let users = context.tenant.query(
            """
            SELECT * FROM users \(filter)
            ORDER BY created_at DESC, id DESC LIMIT \(page.limit) OFFSET \(page.offset)
            """, as: User.self)
        async let total = context.tenant.queryOne("SELECT COUNT(*) FROM users \(filter)", as: Int.self)
        return List(
            data: try await users,
            pagination: .init(total: try await total ?? 0, limit: page.limit, offset: page.offset))
    }

    /// `?search`, where a form writes a space as `+`.
    private static func search(in uri: URI) -> String? {
        guard let query = uri.query else { return nil }
        return URI("/?" + query.replacing("+", with: "%20")).queryParameters["search"].map(String.init)
    }

    // MARK: GET /users/:id

    @Sendable func get(_ request: Request, context: TenantContext) async throws -> User {
        let user = try await context.tenant.queryOne("SELECT * FROM users WHERE id = \(context.id)", as: User.self)
        guard let user else { throw Self.notFound }
        return user
    }

    // MARK: POST /users

    struct NewUser: Validated {
        let name: String
        let email: String
        let bio: String?

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            name = try members.decode(String.self, forKey: .name)
            email = try members.decode(String.self, forKey: .email)
            bio = try members.decodeUnlessAbsent(String.self, forKey: .bio)
        }

        enum CodingKeys: CodingKey {
            case name, email, bio
        }

        func validate() throws(Refusal) {
            try Constraint.text(name, "name", characters: 1...100)
            try Constraint.email(email, "email")
            if let bio { try Constraint.text(bio, "bio", characters: 0...500) }
        }
    }

    @Sendable func create(_ request: Request, context: TenantContext) async throws -> EditedResponse<User> {
        let new = try await request.decode(as: NewUser.self, context: context)
        let user = try await Self.refusingTakenEmail {
            try await context.tenant.queryOne(
                "INSERT INTO users (name, email, bio) VALUES (\(new.name), \(new.email), \(new.bio)) RETURNING *",
                as: User.self)
        }
        guard let user else { throw Self.notFound }
        return EditedResponse(status: .created, response: user)
    }

    // MARK: PATCH /users/:id

    struct UserUpdate: Validated {
        let name: String?
        let email: String?
        /// Nil: left as it is; a nil in it: set to NULL.
        let bio: String??

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            name = try members.decodeUnlessAbsent(String.self, forKey: .name)
            email = try members.decodeUnlessAbsent(String.self, forKey: .email)
            bio = try members.decodeUnlessAbsent(String?.self, forKey: .bio)
        }

        enum CodingKeys: CodingKey {
            case name, email, bio
        }

        func validate() throws(Refusal) {
            if let name { try Constraint.text(name, "name", characters: 1...100) }
            if let email { try Constraint.email(email, "email") }
            if case .some(.some(let bio)) = bio { try Constraint.text(bio, "bio", characters: 0...500) }
        }
    }

    @Sendable func update(_ request: Request, context: TenantContext) async throws -> User {
        let update = try await request.decode(as: UserUpdate.self, context: context)

        // Parts of a statement are statements: their values stay bound.
        var changes: [SQL] = []
        if let name = update.name { changes.append("name = \(name)") }
        if let email = update.email { changes.append("email = \(email)") }
        if let bio = update.bio { changes.append("bio = \(bio)") }
        guard !changes.isEmpty else { throw Refusal(.badRequest, "No fields to update") }
        let assignments = changes.reduce("updated_at = CURRENT_TIMESTAMP" as SQL) { "\($0), \($1)" }

        let user = try await Self.refusingTakenEmail {
            try await context.tenant.queryOne(
                "UPDATE users SET \(assignments) WHERE id = \(context.id) RETURNING *", as: User.self)
        }
        guard let user else { throw Self.notFound }
        return user
    }

    // MARK: DELETE /users/:id

    @Sendable func delete(_ request: Request, context: TenantContext) async throws -> [String: Bool] {
        let result = try await context.tenant.run("DELETE FROM users WHERE id = \(context.id)")
        guard result.changes > 0 else { throw Self.notFound }
        return ["success": true]
    }

    // MARK: Refusals

    private static var notFound: Refusal { Refusal(.notFound, "User not found") }

    private static func refusingTakenEmail<Result>(_ write: () async throws -> Result) async throws -> Result {
        do {
            return try await write()
        } catch let error as DoSQLError where error.code == .constraintUnique {
            throw Refusal(.conflict, "Email already exists")
        }
    }
}
