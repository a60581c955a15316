import Crypto

/// The keys and the revoked tokens as the files had them at one moment. Never changed: a reload makes another.
struct TokenSet: Sendable {
    private let records: [String: KeyRecord]
    private let keys: [SigningKey]
    private let revoked: Set<String>
    /// A hash of all files, so that a reload can tell whether anything changed.
    let digest: [UInt8]

    /// Reads all files.
    init(_ configuration: TokenConfiguration) throws(TokenFileError) {
        var hash = SHA256()
        func read(_ path: String, _ exposure: FileContents.Exposure) throws(TokenFileError) -> FileContents {
            let file = try FileContents(path: path, exposure)
            hash.update(data: Array("\(path.utf8.count):\(path):\(file.bytes.count):".utf8))
            hash.update(data: file.bytes)
            return file
        }
        var records: [String: KeyRecord] = [:]
        if let path = configuration.keyFile {
            for record in try KeyFile(try read(path, .hidden).bytes, path: path).records { records[record.id] = record }
        }
        var keys: [(key: SigningKey, path: String)] = []
        for file in configuration.signingKeys {
            let contents = try read(file.path, .published)
            do {
                let key = try SigningKey(
                    fileBytes: contents.bytes, algorithm: file.algorithm, id: file.id, rules: file.rules)
                keys.append((key, file.path))
            } catch {
                throw TokenFileError(path: file.path, .key(error.words))
            }
            // Later than the contents: whoever names the wrong file should not be told to hide it.
            if file.algorithm == .hs256 { try contents.require(.hidden) }
        }
        for file in configuration.keySets {
            let contents = try read(file.path, .published)
            let set: KeySet
            do {
                set = try KeySet(contents.bytes, rules: file.rules)
            } catch {
                throw TokenFileError(path: file.path, .key(error.words))
            }
            if set.holdsSecrets { try contents.require(.hidden) }
            keys += set.keys.map { ($0, file.path) }
        }
        var ids: Set<String> = []
        for (key, path) in keys {
            guard let id = key.id else {
                guard keys.count == 1 else {
                    throw TokenFileError(path: path, .keys("one key of several has no id (kid) to choose it by"))
                }
                continue
            }
            guard ids.insert(id).inserted else {
                throw TokenFileError(path: path, .keys("there are two keys with the id (kid) '\(id)'"))
            }
        }
        if let path = configuration.revocationFile {
            revoked = try RevocationList(try read(path, .published).bytes, path: path).ids
        } else {
            revoked = []
        }
        self.records = records
        self.keys = keys.map(\.key)
        digest = Array(hash.finalize())
    }

    /// Whether there is no key at all, so that every token is refused.
    var isEmpty: Bool { records.isEmpty && keys.isEmpty }

    /// What an API key may do.
    func access(byAPIKey token: [UInt8], now: UInt64) throws(AccessError) -> Access {
        guard let id = APIKey.id(in: token) else { throw .malformed }
        // The id is no secret, so looking it up may take as long as it takes; the digests are compared in constant time.
        guard let record = records[id], SHA256.hash(data: token) == record.digest else { throw .unknownToken }
        guard record.revoked == nil, !revoked.contains(id) else { throw .revoked }
        let access = Access(
            subject: record.name, tokenID: id, expiresAt: record.expires, grants: record.grants,
            voucher: .apiKey(id: id, digest: record.digest))
        guard !access.isExpired(at: now) else { throw .expired }
        return access
    }

    /// The key a token's header chooses: by `kid`, or the only one.
    func key(for token: SignedToken) throws(AccessError) -> SigningKey {
        let key: SigningKey?
        if let id = token.keyID {
            // A key without an id is the only one, and nothing can be said against the token's name for it.
            key = keys.first { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? true }
        } else {
            key = keys.count == 1 ? keys.first : nil
        }
        guard let key else { throw .unknownKey }
        guard token.algorithm.utf8.elementsEqual(key.algorithm.rawValue.utf8) else { throw .wrongAlgorithm }
        return key
    }

    /// What a JWT may do: its signature first, and only then what it says.
    func access(bySigned token: SignedToken, now: UInt64) async throws(AccessError) -> Access {
        let key = try key(for: token)
        guard await key.hasSigned(token.signed, signature: token.signature) else { throw .badSignature }
        let access = try TokenClaims(token).access(by: key, now: now)
        guard !revoked.contains(access.tokenID) else { throw .revoked }
        return access
    }

    /// Whether what was granted would be granted again.
    func isStillGood(_ access: Access, now: UInt64) -> Bool {
        guard !access.isExpired(at: now), !revoked.contains(access.tokenID) else { return false }
        switch access.voucher {
        case .none: return true
        case .apiKey(let id, let digest):
            guard let record = records[id] else { return false }
            return record.revoked == nil && record.digest == digest && record.grants == access.grants
                && record.expires == access.expiresAt
        case .signingKey(let digest): return keys.contains { $0.digest == digest }
        }
    }
}
