import DoSQLClient
import Hummingbird

/// `/api/v1/bulk`, for admins.
struct BulkRoutes {
    var routes: RouteCollection<UserContext> {
        RouteCollection(context: UserContext.self)
            .post("users", use: insert)
            .patch("users/status", use: setStatus)
    }

    /// Rows at a time: as many as a batch may have steps.
    private static let rowsMax = 1000

    // MARK: POST /bulk/users

    struct NewUsers: Validated {
        let users: [NewUser]

        struct NewUser: Decodable {
            let name: String
            let email: String
        }

        func validate() throws(Refusal) { try Constraint.list(users, "users", elements: 0...rowsMax) }
    }

    struct Inserted: ResponseEncodable {
        var success = 0
        var failed = 0
        var insertedIds: [Int64] = []
        var errors: [Failure] = []

        struct Failure: Encodable {
            let index: Int
            let error: String
        }
    }

    @Sendable func insert(_ request: Request, context: UserContext) async throws -> Inserted {
        let users = try await request.decode(as: NewUsers.self, context: context).users
        var inserted = Inserted()
        if users.isEmpty { return inserted }

        // One transaction in one round trip. A row that fails is tolerated: it undoes itself, and the others are kept.
        let result = try await context.tenant.batch { batch in
            for user in users {
                batch.run("INSERT INTO users (name, email) VALUES (\(user.name), \(user.email))", tolerate: true)
            }
        }
        for (index, step) in result.steps.enumerated() {
            switch step {
            case .done(let row): inserted.insertedIds.append(row.outcome.lastInsertRowid)
            case .failed(let error): inserted.errors.append(.init(index: index, error: error.message))
            case .skipped: break
            }
        }
        inserted.success = inserted.insertedIds.count
        inserted.failed = inserted.errors.count
        return inserted
    }

    // MARK: PATCH /bulk/users/status

    struct StatusUpdate: Validated {
        let userIds: [WholeNumber]
        let status: String

        func validate() throws(Refusal) {
            try Constraint.list(userIds, "userIds", elements: 0...rowsMax)
            try Constraint.text(status, "status", characters: 1...32)
        }
    }

    @Sendable func setStatus(_ request: Request, context: UserContext) async throws -> [String: Int] {
        let update = try await request.decode(as: StatusUpdate.self, context: context)
        let result = try await context.tenant.run(
            """
            UPDATE users SET status = \(update.status), updated_at = CURRENT_TIMESTAMP
            WHERE id IN (\(list: update.userIds))
            """)
        return ["updated": result.changes]
    }
}
