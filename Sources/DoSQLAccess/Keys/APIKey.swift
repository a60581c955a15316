import Crypto

/// An API key: `dsk_`, a public id of 16 hexadecimal digits, `_`, and a secret of 256 random bits in base64url.
///
/// Kept is the SHA-256 of the whole text, and nothing from which it could be made. A slow hash (scrypt, Argon2) makes
/// guessing what people choose expensive; nobody guesses 256 random bits at any speed, so it would only cost the server,
/// and everybody who sends it wrong keys, a tenth of a second of a core each.
public struct APIKey: Sendable {
    /// What names the key: in lists, logs and revocations.
    public let id: String
    /// The key, as its holder sends it. It is shown once.
    public let text: String
    /// What is kept of it.
    public let digest: [UInt8]

    /// What every API key begins with, so that it is known for one wherever it turns up.
    public static let prefix = "dsk_"

    private static let idLength = 16
    /// 43 characters of base64url hold 256 bits.
    static let length = prefix.utf8.count + idLength + 1 + 43

    /// Makes a key from the system's random numbers.
    public init() {
        var random = SystemRandomNumberGenerator()
        let id = Hexadecimal.encode(
            (0..<Self.idLength / 2).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let secret = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        self.id = id
        text = Self.prefix + id + "_" + secret
        digest = Self.digest(of: Array(text.utf8))
    }

    /// The hash that is kept of a key's text.
    static func digest(of token: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: token)) }

    /// Whether a token is meant to be an API key.
    static func isMeant(by token: [UInt8]) -> Bool { token.starts(with: prefix.utf8) }

    /// The id in a token that has the form of an API key; nil if it has not.
    static func id(in token: [UInt8]) -> String? {
        guard token.count == length, isMeant(by: token) else { return nil }
        let id = String(decoding: token[prefix.utf8.count..<(prefix.utf8.count + idLength)], as: UTF8.self)
        guard isID(id), token[prefix.utf8.count + idLength] == UInt8(ascii: "_") else { return nil }
        return id
    }

    /// Whether a text is what ids look like.
    static func isID(_ text: String) -> Bool {
        text.utf8.count == idLength && Hexadecimal.decode(text) != nil
    }
}
