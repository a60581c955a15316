import Hummingbird

/// A row of `orders` with its items.
struct Order: ResponseCodable, Sendable {
    let id: Int64
    let userID: Int64
    let total: Double
    let status: String
    let createdAt: String
    /// JSON text: an array of `{"productId", "quantity", "price"}`.
    let items: String

    enum CodingKeys: String, CodingKey {
        case id, total, status, items
        case userID = "user_id"
        case createdAt = "created_at"
    }
}
