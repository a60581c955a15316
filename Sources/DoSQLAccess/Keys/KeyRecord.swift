/// What is kept of an API key: never the key.
public struct KeyRecord: Sendable, Hashable {
    /// The key's public id.
    public let id: String
    /// What people call it.
    public let name: String
    /// When it was made, in milliseconds since 1970.
    public let created: UInt64
    /// When it ends; nil: never.
    public let expires: UInt64?
    /// When it was revoked; nil: it is not.
    public var revoked: UInt64?
    /// SHA-256 of the key's text.
    public let digest: [UInt8]
    /// What it may do.
    public let grants: [Grant]

    /// The record of a new key. Times are kept in whole seconds.
    public init(of key: APIKey, name: String, created: UInt64, expires: UInt64?, grants: [Grant]) {
        self.init(
            id: key.id, name: name, created: created / 1000 * 1000, expires: expires.map { $0 / 1000 * 1000 },
            revoked: nil, digest: key.digest, grants: grants)
    }

    init(
        id: String, name: String, created: UInt64, expires: UInt64?, revoked: UInt64?, digest: [UInt8], grants: [Grant]
    ) {
        self.id = id
        self.name = name
        self.created = created
        self.expires = expires
        self.revoked = revoked
        self.digest = digest
        self.grants = grants
    }
}
