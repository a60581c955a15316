import Crypto
import Synchronization

/// Says which tokens are good and what they may do. One serves a whole server, from every thread
/// (`protocol/authentication.md`).
///
/// An API key is decided at once. A JWT's signature costs about 100 µs of a core, so a loop asks ``verdict(for:now:)``,
/// which knows those that were checked before, and has ``verify(_:now:)`` carried out elsewhere for the others.
public final class TokenAuthority: Sendable {
    /// What there is to say about a token.
    public enum Verdict: Sendable, Hashable {
        /// It is good, and may do this.
        case granted(Access)
        /// It is not.
        case refused(AccessError)
        /// Its signature has to be checked: call ``TokenAuthority/verify(_:now:)``, and not on a loop.
        case unverified
    }

    private struct State: Sendable {
        var set: TokenSet
        /// By SHA-256 of the token: a table in memory is no place for what lets people in.
        var granted = RecentVerdicts<SHA256.Digest, Access>(capacity: AccessLimits.grantedMax)
        var refused = RecentVerdicts<SHA256.Digest, Refusal>(capacity: AccessLimits.refusedMax)
    }

    private struct Refusal: Sendable {
        let error: AccessError
        /// When it is forgotten.
        let until: UInt64
    }

    private let configuration: TokenConfiguration
    private let state: Mutex<State>
    /// Held while files are read, so that of two reloads the later reading wins.
    private let reloading = Mutex(())
    private let changes = Atomic<UInt64>(0)

    /// Reads all files.
    /// - Throws: which of them cannot be used, and why.
    public init(_ configuration: TokenConfiguration) throws(TokenFileError) {
        self.configuration = configuration
        state = Mutex(State(set: try TokenSet(configuration)))
    }

    /// How often a reload has changed anything. Whoever holds an ``Access`` looks at this, and asks
    /// ``isStillGood(_:now:)`` when it has moved.
    public var generation: UInt64 { changes.load(ordering: .acquiring) }

    /// Whether there is no key at all, so that every token is refused. That is not a server without tokens, where nobody
    /// needs one.
    public var isEmpty: Bool { state.withLock { $0.set.isEmpty } }

    /// What is known about a token without checking a signature. Takes some microseconds and waits for nobody.
    /// - Parameters:
    ///   - token: the token's bytes as the client sent them.
    ///   - now: milliseconds since 1970.
    public func verdict(for token: Span<UInt8>, now: UInt64) -> Verdict {
        guard !token.isEmpty else { return .refused(.missing) }
        guard token.count <= AccessLimits.tokenBytesMax else { return .refused(.tooLong) }
        let bytes = [UInt8](capacity: token.count) { output in
            for index in token.indices { output.append(token[index]) }
        }
        if APIKey.isMeant(by: bytes) {
            let set = state.withLock { $0.set }
            do {
                return .granted(try set.access(byAPIKey: bytes, now: now))
            } catch {
                return .refused(error)
            }
        }
        return known(SHA256.hash(data: bytes), now: now) ?? .unverified
    }

    /// Checks a token whole, and remembers what comes of it. Takes about 100 µs of the calling thread.
    /// - Returns: `.granted` or `.refused`, never `.unverified`.
    public func verify(_ token: [UInt8], now: UInt64) async -> Verdict {
        let first = verdict(for: token.span, now: now)
        guard case .unverified = first else { return first }
        while true {
            let finding = await finding(on: token, now: now)
            if remember(finding, now: now) { return finding.verdict }
        }
    }

    /// What checking a token has shown, and when.
    struct Finding: Sendable {
        let verdict: Verdict
        fileprivate let digest: SHA256.Digest
        /// How often a reload had changed anything.
        fileprivate let generation: UInt64
    }

    /// Checks a token's signature and what it says, by the files as they are now.
    func finding(on token: [UInt8], now: UInt64) async -> Finding {
        let (set, generation) = state.withLock { ($0.set, changes.load(ordering: .relaxed)) }
        let verdict: Verdict
        do {
            verdict = .granted(try await set.access(bySigned: try SignedToken(token), now: now))
        } catch {
            verdict = .refused(error)
        }
        return Finding(verdict: verdict, digest: SHA256.hash(data: token), generation: generation)
    }

    /// Remembers what was found, unless the files have changed meanwhile: what they said then is not what they say now.
    /// - Returns: whether it still counts.
    func remember(_ finding: Finding, now: UInt64) -> Bool {
        state.withLock { state in
            guard changes.load(ordering: .relaxed) == finding.generation else { return false }
            switch finding.verdict {
            case .granted(let access): state.granted.insert(access, for: finding.digest)
            case .refused(let error):
                state.refused.insert(Refusal(error: error, until: now + AccessLimits.refusedTime), for: finding.digest)
            case .unverified: break
            }
            return true
        }
    }

    /// Reads all files again. Either all of them count from now on or, if one cannot be used, none. Blocks: not for a
    /// loop.
    /// - Throws: which file cannot be used, and why; everything stays as it was.
    public func reload() throws(TokenFileError) {
        let result = reloading.withLock { _ in
            Result { () throws(TokenFileError) in
                let set = try TokenSet(configuration)
                state.withLock { state in
                    guard state.set.digest != set.digest else { return }
                    state.set = set
                    state.granted.removeAll()
                    state.refused.removeAll()
                    changes.add(1, ordering: .releasing)
                }
            }
        }
        try result.get()
    }

    /// Whether what was granted would be granted again: its time has not run out, its id was not revoked, its key is still
    /// there, and, for an API key, allows the same.
    public func isStillGood(_ access: Access, now: UInt64) -> Bool {
        let set = state.withLock { $0.set }
        return set.isStillGood(access, now: now)
    }

    private func known(_ digest: SHA256.Digest, now: UInt64) -> Verdict? {
        state.withLock { state in
            if let access = state.granted.verdict(for: digest) {
                guard access.isExpired(at: now) else { return .granted(access) }
                state.granted.remove(digest)
                return .refused(.expired)
            }
            if let refusal = state.refused.verdict(for: digest) {
                if refusal.until > now { return .refused(refusal.error) }
                state.refused.remove(digest)
            }
            return nil
        }
    }
}
