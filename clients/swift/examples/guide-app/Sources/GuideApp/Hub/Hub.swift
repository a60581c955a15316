import DoSQLClient
import HTTPTypes
import Hummingbird
import HummingbirdCore

/// Who may come to `/connect`, and what happens there.
struct Hub: Sendable {
    let databases: TenantDatabases
    let baseDomain: String?

    /// Who may speak to the hub, and of which tenant.
    struct Guest: Sendable {
        let tenant: Tenant
        let user: CurrentUser
    }

    /// Finds out who asks for an upgrade, before it is answered.
    ///
    /// - Throws: ``Refusal``; `DoSQLError`.
    func guest(asking request: HTTPRequest) async throws -> Guest {
        let tenant = try await databases.open(TenantName(host: request.authority, baseDomain: baseDomain))
        return Guest(tenant: tenant, user: try await Authentication.user(asking: request, in: tenant))
    }

    /// Accepts an upgrade, or leaves the request to the router, which says why not.
    @Sendable func admit(_ request: HTTPRequest) async -> Guest? {
        guard request.method == .get, URI(request.path ?? "/").path == "/connect" else { return nil }
        return try? await guest(asking: request)
    }

    /// Serves a guest until the socket ends.
    @Sendable func serve(_ socket: WebSocket, _ guest: Guest) async {
        await HubSession(guest: guest, socket: socket).run()
    }
}
