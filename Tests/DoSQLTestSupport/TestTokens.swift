import Crypto
public import DoSQLAccess
import DoSQLEngine
public import DoSQLServer
import FoundationEssentials
import Synchronization

/// The tokens of a ``TestServer``, in files of their own: API keys to give out and to revoke, and a key that signs JWTs.
///
///     let tokens = try TestTokens()
///     let server = try TestServer { tokens.configure(&$0) }
///     let token = try tokens.key(.init(tenants: ["acme"], rights: .read))
public final class TestTokens: Sendable {
    private struct State: Sendable {
        var file = KeyFile()
        var revoked: [String] = []
    }

    /// Where the files are.
    public let folder: TemporaryFolder
    private let secret = (0..<64).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }.joined()
    private let state = Mutex(State())

    /// Makes the files, without an API key.
    public init() throws {
        folder = try TemporaryFolder()
        try write(secret, "secret")
        try write(KeyFile().text, "keys.json")
        try write("", "revoked")
    }

    /// Makes a server take these tokens.
    public func configure(_ configuration: inout Configuration) {
        configuration.tokens.keyFile = folder.path(of: "keys.json")
        configuration.tokens.signingKeys = [.init(algorithm: .hs256, path: folder.path(of: "secret"), id: "one")]
        configuration.tokens.revocationFile = folder.path(of: "revoked")
    }

    // MARK: API keys

    /// Makes an API key; the server knows it once it has started, or read its files again.
    /// - Parameter expires: milliseconds since 1970; nil: never.
    public func key(_ grants: Grant..., name: String = "test", expires: UInt64? = nil) throws -> String {
        let key = APIKey()
        try state.withLock { state in
            state.file.add(KeyRecord(of: key, name: name, created: Self.now, expires: expires, grants: grants))
            try write(state.file.text, "keys.json")
        }
        return key.text
    }

    /// The public id in an API key.
    public static func id(of key: String) -> String { String(key.dropFirst(4).prefix(16)) }

    /// Revokes a token by its id: an API key's, or a JWT's `jti`.
    public func revoke(_ id: String) throws {
        try state.withLock { state in
            state.revoked.append(id)
            try write(state.revoked.joined(separator: "\n") + "\n", "revoked")
        }
    }

    /// Puts something that is no list of revoked tokens in its place, or the list back.
    public func spoil(_ isSpoiled: Bool) throws {
        try state.withLock { state in
            try write(isSpoiled ? "two words\n" : state.revoked.joined(separator: "\n") + "\n", "revoked")
        }
    }

    // MARK: JWTs

    /// Signs a JWT.
    /// - Parameters:
    ///   - grants: the `dosql` claim, as JSON.
    ///   - lifetime: seconds until it expires; negative: it has.
    ///   - claims: further ones, each `"name":value,`.
    public func jwt(
        _ grants: String, lifetime: Double = 600, claims: String = "", header: String = #"{"alg":"HS256","kid":"one"}"#
    ) -> String {
        let exp = Double(Self.now) / 1000 + lifetime
        return signed(header, #"{"sub":"tester",\#(claims)"exp":\#(exp),"dosql":\#(grants)}"#)
    }

    /// Signs any header and payload.
    public func signed(_ header: String, _ payload: String) -> String {
        let text = Self.base64URL(Array(header.utf8)) + "." + Self.base64URL(Array(payload.utf8))
        let key = SymmetricKey(data: Data(secret.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
        return text + "." + Self.base64URL(Array(code))
    }

    /// Base64url without padding.
    public static func base64URL(_ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString()
        return String(
            base64.compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// Milliseconds since 1970.
    public static var now: UInt64 { UInt64(Date().timeIntervalSince1970 * 1000) }

    private func write(_ text: String, _ name: String) throws {
        // In one step, as an operator's tools do.
        try FileSystem.replace(folder.path(of: name), with: Array(text.utf8))
    }
}

extension Grant {
    /// A grant on tenants by their names or patterns.
    public init(_ tenants: String..., rights: Rights, tables: [(String, Rights)]? = nil) {
        self.init(
            tenants: tenants.compactMap { TenantPattern($0) }, rights: rights,
            tables: tables.map { $0.compactMap { TableGrant(table: $0.0, rights: $0.1) } })
    }
}
