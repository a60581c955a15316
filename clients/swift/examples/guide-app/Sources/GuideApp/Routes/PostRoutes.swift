import DoSQLClient
import Hummingbird

/// `/api/v1/posts`, for who has a token.
struct PostRoutes {
    var routes: RouteCollection<UserContext> {
        RouteCollection(context: UserContext.self)
            .get(use: list)
            .get(":id", use: get)
            .post(use: create)
            .put(":id/publish", use: publish)
    }

    private static let withAuthor: SQL =
        "SELECT p.*, u.name AS author_name, u.email AS author_email FROM posts p JOIN users u ON u.id = p.user_id"

    /// What is published.
    @Sendable func list(_ request: Request, context: UserContext) async throws -> [Post] {
        let page = try Page(of: request.uri)
        return try await context.tenant.query(
            """
            \(Self.withAuthor) WHERE p.published = 1
            ORDER BY p.created_at DESC, p.id DESC LIMIT \(page.limit) OFFSET \(page.offset)
            """, as: Post.self)
    }

    /// One post. A draft is there for its author only.
    @Sendable func get(_ request: Request, context: UserContext) async throws -> Post {
        let post = try await context.tenant.queryOne("\(Self.withAuthor) WHERE p.id = \(context.id)", as: Post.self)
        guard let post, post.published == 1 || post.userID == context.user.id else { throw Self.notFound }
        return post
    }

    struct NewPost: Validated {
        let title: String
        let content: String
        let published: Bool

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            title = try members.decode(String.self, forKey: .title)
            content = try members.decode(String.self, forKey: .content)
            published = try members.decodeUnlessAbsent(Bool.self, forKey: .published) ?? false
        }

        enum CodingKeys: CodingKey {
            case title, content, published
        }

        func validate() throws(Refusal) {
            try Constraint.text(title, "title", characters: 1...200)
            if content.isEmpty { throw .invalid("content", "at least 1 character") }
        }
    }

    @Sendable func create(_ request: Request, context: UserContext) async throws -> EditedResponse<Post> {
        let new = try await request.decode(as: NewPost.self, context: context)
        let post = try await context.tenant.queryOne(
            """
            INSERT INTO posts (user_id, title, content, published)
            VALUES (\(context.user.id), \(new.title), \(new.content), \(new.published)) RETURNING *
            """, as: Post.self)
        guard let post else { throw Self.notFound }
        return EditedResponse(status: .created, response: post)
    }

    @Sendable func publish(_ request: Request, context: UserContext) async throws -> [String: Bool] {
        let author = try await context.tenant.queryOne(
            "SELECT user_id FROM posts WHERE id = \(context.id)", as: Int64.self)
        guard let author else { throw Self.notFound }
        guard author == context.user.id else { throw Refusal(.forbidden, "Not authorized") }
        try await context.tenant.run(
            "UPDATE posts SET published = 1, updated_at = CURRENT_TIMESTAMP WHERE id = \(context.id)")
        return ["success": true, "published": true]
    }

    private static var notFound: Refusal { Refusal(.notFound, "Post not found") }
}
