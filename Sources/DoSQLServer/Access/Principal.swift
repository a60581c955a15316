import DoSQLAccess
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// Who is served: a token that was found good, for as long as it stays so (`protocol/authentication.md`).
///
/// A connection, a request over HTTP and a transaction that a name holds each have one, where the server has tokens;
/// where it has none nobody has, and everything is allowed.
final class Principal: Sendable {
    let access: Access
    /// The reload after which the token was last found to be good.
    private let confirmed = Atomic<UInt64>(.max)

    init(_ access: Access) {
        self.access = access
    }

    /// Why the token is good no longer; nil while it is. Waits for nobody, and costs a comparison.
    /// - Parameter now: milliseconds since 1970.
    func fault(under authority: TokenAuthority, now: UInt64) -> AccessError? {
        if access.isExpired(at: now) { return .expired }
        // Read before the question: should the files change now, the next look asks again.
        let generation = authority.generation
        guard confirmed.load(ordering: .relaxed) != generation else { return nil }
        guard authority.isStillGood(access, now: now) else { return .revoked }
        confirmed.store(generation, ordering: .relaxed)
        return nil
    }

    /// What it may do on a tenant; nil: nothing. Nobody has looked whether the tenant is there.
    func permission(for tenant: TenantName) -> Permission? {
        access.access(to: tenant.description).map { Permission($0, tokenID: access.tokenID) }
    }

    /// Whether somebody has the same token, or one that says the same.
    func isSame(as other: Principal) -> Bool { self === other || access == other.access }
}

extension Failure {
    static func unauthenticated(_ error: AccessError) -> Failure { Failure(.unauthenticated, error.message) }

    /// The answer is the same whether there is such a tenant or not.
    static func forbidden(tenant: TenantName) -> Failure {
        Failure(.forbidden, "the token has no right on the tenant \(tenant)")
    }

    static var keyOfOthers: Failure {
        var failure = Failure(
            .forbidden, "the key's request was carried out with rights that this token lacks, so its answer is not told"
        )
        failure.execution = .executed
        return failure
    }

    static func lacking(_ right: Rights) -> Failure { Failure(.forbidden, Permission.sentence(right)) }
}
