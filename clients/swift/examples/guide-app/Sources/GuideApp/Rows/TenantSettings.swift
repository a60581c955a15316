import Hummingbird

/// A row of `tenant_settings`.
struct TenantSettings: ResponseCodable, Sendable {
    let tenantID: String
    let plan: String
    let locale: String
    let updatedAt: String

    enum CodingKeys: String, CodingKey {
        case plan, locale
        case tenantID = "tenant_id"
        case updatedAt = "updated_at"
    }
}
