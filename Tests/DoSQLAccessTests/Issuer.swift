import Crypto
import DoSQLAccess
import Foundation
import JWTKit

/// Somebody who makes JWTs, right ones and all kinds of wrong ones. Written by hand, so that it can be wrong in every way.
struct Issuer {
    let algorithm: SigningAlgorithm
    /// What the server is given: the public key in PEM, or the secret.
    let keyFile: [UInt8]
    private let signing: @Sendable ([UInt8]) throws -> [UInt8]

    private init(
        _ algorithm: SigningAlgorithm, keyFile: [UInt8], signing: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) {
        self.algorithm = algorithm
        self.keyFile = keyFile
        self.signing = signing
    }

    static func edDSA() -> Issuer {
        let key = Curve25519.Signing.PrivateKey()
        return Issuer(.edDSA, keyFile: Array(EdDSA.PublicKey(backing: key.publicKey).pemRepresentation.utf8)) {
            Array(try key.signature(for: $0))
        }
    }

    static func es256() -> Issuer {
        let key = P256.Signing.PrivateKey()
        return Issuer(.es256, keyFile: Array(key.publicKey.pemRepresentation.utf8)) {
            Array(try key.signature(for: $0).rawRepresentation)
        }
    }

    static func hs256(secret: [UInt8] = Array("a secret of thirty-two bytes, or so".utf8)) -> Issuer {
        Issuer(.hs256, keyFile: secret) {
            Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret)))
        }
    }

    static func any(_ algorithm: SigningAlgorithm) -> Issuer {
        switch algorithm {
        case .edDSA: edDSA()
        case .es256: es256()
        case .hs256: hs256()
        }
    }

    /// A token with these claims, as its issuer would make it.
    func token(_ claims: String, id: String? = nil) throws -> String {
        let kid = id.map { ",\"kid\":\"\($0)\"" } ?? ""
        return try token(header: "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"JWT\"\(kid)}", payload: claims)
    }

    /// A token with this header and this payload, signed whatever they say.
    func token(header: String, payload: String) throws -> String {
        let signed = "\(Self.encode(header.utf8)).\(Self.encode(payload.utf8))"
        return "\(signed).\(Self.encode(try signature(over: signed)))"
    }

    func signature(over signed: String) throws -> [UInt8] { try signing(Array(signed.utf8)) }

    /// Foundation's base64, turned into base64url: not the code that is tested.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

/// The moment at which everything in these tests happens, in milliseconds since 1970.
let now: UInt64 = 1_800_000_000_000

/// Claims that are good now, for everything, but for what is said otherwise.
func claims(
    _ more: String = "", exp: String? = "1800000600",
    dosql: String? = #"{"tenants":["acme"],"rights":["read","write"]}"#
) -> String {
    let members = [exp.map { "\"exp\":\($0)" }, dosql.map { "\"dosql\":\($0)" }, more.isEmpty ? nil : more]
    return "{\(members.compactMap(\.self).joined(separator: ","))}"
}

extension TokenAuthority {
    /// What becomes of a token, whichever way it takes.
    func judge(_ token: String, at moment: UInt64 = now) async -> Verdict { await judge(Array(token.utf8), at: moment) }

    func judge(_ token: [UInt8], at moment: UInt64 = now) async -> Verdict {
        let verdict = self.verdict(for: token.span, now: moment)
        return verdict == .unverified ? await verify(token, now: moment) : verdict
    }
}

extension TokenAuthority.Verdict {
    /// What was granted; nil: nothing.
    var access: Access? {
        guard case .granted(let access) = self else { return nil }
        return access
    }

    /// Why it was refused; nil: it was not.
    var refusal: AccessError? {
        guard case .refused(let error) = self else { return nil }
        return error
    }
}
