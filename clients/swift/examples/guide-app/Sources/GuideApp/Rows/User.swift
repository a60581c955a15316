import Hummingbird

/// A row of `users`.
struct User: ResponseCodable, Sendable {
    let id: Int64
    let name: String
    let email: String
    let bio: String?
    let role: String?
    let status: String?
    let createdAt: String?
    let updatedAt: String?

    enum CodingKeys: String, CodingKey {
        case id, name, email, bio, role, status
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    /// All members, NULL as `null`: by itself Swift would leave those out.
    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(name, forKey: .name)
        try members.encode(email, forKey: .email)
        try members.encode(bio, forKey: .bio)
        try members.encode(role, forKey: .role)
        try members.encode(status, forKey: .status)
        try members.encode(createdAt, forKey: .createdAt)
        try members.encode(updatedAt, forKey: .updatedAt)
    }
}
