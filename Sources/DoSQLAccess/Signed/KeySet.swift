/// The keys of a JWKS file (RFC 7517). Keys of other kinds than ours are passed over, as section 5 says; a key of our
/// kind that is wrong refuses the file.
struct KeySet {
    let keys: [SigningKey]
    /// Whether there are secrets among them, so that the file must be hidden.
    let holdsSecrets: Bool

    /// Reads a file's bytes.
    init(_ bytes: [UInt8], rules: SigningRules) throws(SigningKey.Fault) {
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw SigningKey.Fault(words: "JSON: expected \(error.description)")
        }
        guard let list = json.object?["keys"]?.array else {
            throw SigningKey.Fault(words: "not a JWKS: {\"keys\": […]}")
        }
        var keys: [SigningKey] = []
        for (index, element) in list.enumerated() {
            do {
                if let key = try Self.key(element, rules: rules) { keys.append(key) }
            } catch {
                throw SigningKey.Fault(words: "key \(index + 1): \(error.words)")
            }
        }
        guard !keys.isEmpty else {
            let names = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw SigningKey.Fault(words: "it has no key for any of \(names)")
        }
        self.keys = keys
        holdsSecrets = keys.contains { $0.algorithm == .hs256 }
    }

    /// The key of a JWK; nil: it is for something else.
    private static func key(_ json: JSONValue, rules: SigningRules) throws(SigningKey.Fault) -> SigningKey? {
        guard let jwk = json.object, let kind = jwk["kty"]?.string else { throw fault("no kty") }
        if let use = jwk["use"], use != .string("sig") { return nil }
        if let operations = jwk["key_ops"]?.array, !operations.contains(.string("verify")) { return nil }
        let expected: SigningAlgorithm
        switch (kind, jwk["crv"]?.string) {
        case ("OKP", "Ed25519"): expected = .edDSA
        case ("EC", "P-256"): expected = .es256
        case ("oct", _): expected = .hs256
        default: return nil
        }
        // A secret says nothing about the algorithm it is for, so it has to be said; a curve has only one.
        switch jwk["alg"] {
        case .string(expected.rawValue): break
        case nil where expected != .hs256: break
        case .string, nil: return nil
        default: throw fault("alg is not a text")
        }
        var id: String?
        if let kid = jwk["kid"] {
            guard let text = kid.string, !text.isEmpty else { throw fault("kid is not a text") }
            id = text
        }
        if expected != .hs256, jwk["d"] != nil {
            throw fault("it holds a private key; the server needs the public one only")
        }
        switch expected {
        case .edDSA: return try SigningKey(ed25519: try bytes(jwk, "x"), id: id, rules: rules)
        case .es256: return try SigningKey(p256: try bytes(jwk, "x"), try bytes(jwk, "y"), id: id, rules: rules)
        case .hs256: return try SigningKey(secret: try bytes(jwk, "k"), id: id, rules: rules)
        }
    }

    private static func bytes(_ jwk: [String: JSONValue], _ member: String) throws(SigningKey.Fault) -> [UInt8] {
        guard let text = jwk[member]?.string, let bytes = Base64URL.decode(text.utf8) else {
            throw fault("\(member) is not base64url")
        }
        return bytes
    }

    private static func fault(_ words: String) -> SigningKey.Fault { SigningKey.Fault(words: words) }
}
