import Crypto
import JWTKit
import Testing

@testable import DoSQLAccess

@Suite struct SigningKeyTests {
    private func fault(_ bytes: [UInt8], _ algorithm: SigningAlgorithm) -> String? {
        do {
            _ = try SigningKey(fileBytes: bytes, algorithm: algorithm, id: nil, rules: SigningRules())
            return nil
        } catch {
            return error.words
        }
    }

    @Test(arguments: SigningAlgorithm.allCases)
    func `a key takes its own signatures and nobody else's`(_ algorithm: SigningAlgorithm) async throws {
        let issuer = Issuer.any(algorithm)
        let key = try SigningKey(fileBytes: issuer.keyFile, algorithm: algorithm, id: nil, rules: SigningRules())
        let signature = try issuer.signature(over: "text")
        #expect(await key.hasSigned(Array("text".utf8), signature: signature))
        #expect(await !key.hasSigned(Array("Text".utf8), signature: signature))
        for wrong in [[], Array(signature.dropLast()), signature + [0], [UInt8](repeating: 0, count: signature.count)] {
            #expect(await !key.hasSigned(Array("text".utf8), signature: wrong))
        }
        let other = algorithm == .hs256 ? Issuer.hs256(secret: Array(repeating: 7, count: 32)) : .any(algorithm)
        #expect(await !key.hasSigned(Array("text".utf8), signature: try other.signature(over: "text")))
    }

    @Test func `a file that is no key of its algorithm is refused`() {
        let (ed, es) = (Issuer.edDSA().keyFile, Issuer.es256().keyFile)
        #expect(fault(ed, .es256) == "it is not a public key for ES256")
        #expect(fault(es, .edDSA) == "it is not a public key for EdDSA")
        #expect(fault([], .edDSA) == "it is not a public key in PEM (-----BEGIN PUBLIC KEY-----)")
        let p384 = Array(P384.Signing.PrivateKey().publicKey.pemRepresentation.utf8)
        #expect(fault(p384, .es256) == "it is not a public key for ES256")
    }

    @Test func `a private key has no business on a server`() throws {
        let words = "it holds a private key; the server needs the public one only (openssl pkey -pubout)"
        #expect(fault(Array(try EdDSA.PrivateKey().pemRepresentation.utf8), .edDSA) == words)
        #expect(fault(Array(P256.Signing.PrivateKey().pemRepresentation.utf8), .es256) == words)
    }

    /// Algorithm confusion begins with a public key that is taken for a secret.
    @Test func `a public key is no secret`() {
        for issuer in [Issuer.edDSA(), .es256()] {
            #expect(fault(issuer.keyFile, .hs256) == "it holds a key in PEM, which is not a secret for HS256")
        }
    }

    @Test func `a secret has at least 32 bytes, and no line break at its end`() async throws {
        #expect(fault(Array(repeating: 7, count: 31), .hs256) == "a secret for HS256 has at least 32 bytes, not 31")
        #expect(fault(Array(repeating: 7, count: 31) + Array("\r\n".utf8), .hs256) != nil)
        let issuer = Issuer.hs256()
        for end in ["", "\n", "\r\n"] {
            let key = try SigningKey(
                fileBytes: issuer.keyFile + Array(end.utf8), algorithm: .hs256, id: nil, rules: SigningRules())
            #expect(await key.hasSigned(Array("text".utf8), signature: try issuer.signature(over: "text")))
        }
    }

    @Test func `a secret's file must be hidden, a public key's may be read`() throws {
        for (issuer, mode, works) in [
            (Issuer.hs256(), 0o644, false), (.hs256(), 0o640, true), (.edDSA(), 0o644, true), (.edDSA(), 0o646, false),
            (.es256(), 0o666, false),
        ] {
            let folder = try TokenFolder()
            let path = try folder.write(issuer.keyFile, to: "key", mode: mode)
            folder.configuration.signingKeys = [.init(algorithm: issuer.algorithm, path: path)]
            if works {
                _ = try folder.authority()
            } else {
                #expect(throws: TokenFileError(path: path, .openToOthers(mode: mode))) { try folder.authority() }
            }
        }
    }
}
