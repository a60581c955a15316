import Crypto
import FoundationEssentials
import JWTKit

/// A key whose signatures are taken: for one algorithm, whatever a token's header says (RFC 8725, 3.1).
struct SigningKey: Sendable {
    /// What tokens choose it by (`kid`); nil: it is the only key.
    let id: String?
    let algorithm: SigningAlgorithm
    let rules: SigningRules
    /// A hash of all that is above and the key, so that a reload can tell whether it is still the same.
    let digest: [UInt8]
    private let material: Material

    private enum Material: Sendable {
        case ed25519(EdDSA.PublicKey)
        case p256(ES256PublicKey)
        case secret(HMACKey)
    }

    /// What a file holds that is no key of this kind: why, in words.
    struct Fault: Error {
        let words: String
    }

    /// A key from a file's bytes: the public key as PEM (RFC 7468) for EdDSA and ES256; for HS256 the secret as it is,
    /// but for one line break at its end.
    init(
        fileBytes: [UInt8], algorithm: SigningAlgorithm, id: String?, rules: SigningRules
    ) throws(Fault) {
        let pem = String(validating: fileBytes, as: UTF8.self) ?? ""
        switch algorithm {
        case .edDSA, .es256:
            guard pem.contains("-----BEGIN PUBLIC KEY-----") else {
                throw Fault(
                    words: pem.contains("PRIVATE KEY-----")
                        ? "it holds a private key; the server needs the public one only (openssl pkey -pubout)"
                        : "it is not a public key in PEM (-----BEGIN PUBLIC KEY-----)")
            }
            let material: Material
            do {
                material =
                    algorithm == .edDSA
                    ? .ed25519(try EdDSA.PublicKey(pem: pem)) : .p256(try ES256PublicKey(pem: pem))
            } catch {
                throw Fault(words: "it is not a public key for \(algorithm.rawValue)")
            }
            self.init(material, algorithm: algorithm, id: id, rules: rules)
        case .hs256:
            // A public key as a secret is what algorithm confusion is made of: everybody knows it.
            guard !pem.contains("-----BEGIN ") else {
                throw Fault(words: "it holds a key in PEM, which is not a secret for HS256")
            }
            var secret = fileBytes
            if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
            if secret.last == UInt8(ascii: "\r") { secret.removeLast() }
            try self.init(secret: secret, id: id, rules: rules)
        }
    }

    /// An HS256 key.
    init(secret: [UInt8], id: String?, rules: SigningRules) throws(Fault) {
        guard secret.count >= AccessLimits.secretBytesMin else {
            throw Fault(
                words: "a secret for HS256 has at least \(AccessLimits.secretBytesMin) bytes, not \(secret.count)")
        }
        self.init(
            .secret(HMACKey(key: SymmetricKey(data: secret))), algorithm: .hs256, id: id, rules: rules, raw: secret)
    }

    /// An Ed25519 key from its coordinate (RFC 8037, 2).
    init(ed25519 x: [UInt8], id: String?, rules: SigningRules) throws(Fault) {
        do {
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: x)
            self.init(.ed25519(EdDSA.PublicKey(backing: key)), algorithm: .edDSA, id: id, rules: rules)
        } catch {
            throw Fault(words: "x is not a public key of Ed25519")
        }
    }

    /// A P-256 key from its coordinates, 32 bytes each (RFC 7518, 6.2.1).
    init(p256 x: [UInt8], _ y: [UInt8], id: String?, rules: SigningRules) throws(Fault) {
        do {
            let key = try P256.Signing.PublicKey(rawRepresentation: x + y)
            self.init(.p256(try ES256PublicKey(backing: key)), algorithm: .es256, id: id, rules: rules)
        } catch {
            throw Fault(words: "x and y are not a point of P-256")
        }
    }

    private init(
        _ material: Material, algorithm: SigningAlgorithm, id: String?, rules: SigningRules, raw: [UInt8]? = nil
    ) {
        self.material = material
        self.algorithm = algorithm
        self.id = id
        self.rules = rules
        let key: [UInt8] =
            switch material {
            case .ed25519(let key): Array(key.rawRepresentation)
            case .p256(let key): Array(key.pemRepresentation.utf8)
            case .secret: raw ?? []
            }
        // Lengths in front, so that no two keys run together into the same bytes.
        let parts = [
            Array(algorithm.rawValue.utf8), Array((id ?? "").utf8), [id == nil ? 0 : 1],
            Array((rules.issuer ?? "").utf8), [rules.issuer == nil ? 0 : 1], Array((rules.audience ?? "").utf8),
            [rules.audience == nil ? 0 : 1], Array(String(rules.lifetimeMax).utf8), key,
        ]
        digest = Array(SHA256.hash(data: parts.flatMap { Array("\($0.count):".utf8) + $0 }))
    }

    /// Whether the signature is this key's over these bytes.
    ///
    /// JWTKit checks it, and chooses nothing: its own `verify` takes another key where it does not know the `kid`, reads
    /// the header's algorithm without comparing it, and base64url in more than one spelling.
    func hasSigned(_ bytes: [UInt8], signature: [UInt8]) async -> Bool {
        let keys = JWTKeyCollection()
        do {
            switch material {
            case .ed25519(let key): await keys.add(eddsa: key)
            case .p256(let key): await keys.add(ecdsa: key)
            case .secret(let key): await keys.add(hmac: key, digestAlgorithm: .sha256)
            }
            return try await keys.getKey().verify(signature, signs: bytes)
        } catch {
            // A signature of the wrong length is an error to the library and a wrong signature to us.
            return false
        }
    }
}
