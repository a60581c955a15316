import Hummingbird

/// A row of `posts`, and with it, where the query joins them, name and email of the author.
struct Post: ResponseCodable, Sendable {
    let id: Int64
    let userID: Int64
    let title: String
    let content: String
    /// SQLite has no booleans: 0 or 1.
    let published: Int
    let createdAt: String
    let updatedAt: String
    let authorName: String?
    let authorEmail: String?

    enum CodingKeys: String, CodingKey {
        case id, title, content, published
        case userID = "user_id"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case authorName = "author_name"
        case authorEmail = "author_email"
    }
}
