import Hummingbird

/// How much there is.
struct Stats: ResponseCodable, Sendable {
    let users: Int
    let posts: Int
    let publishedPosts: Int

    enum CodingKeys: String, CodingKey {
        case users, posts
        case publishedPosts = "published_posts"
    }
}
