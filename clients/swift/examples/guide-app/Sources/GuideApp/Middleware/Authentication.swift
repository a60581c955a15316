import DoSQLClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore

/// Lets through who has the token of a session, and sets ``TenantContext/user``.
struct Authentication: RouterMiddleware {
    func handle(
        _ request: Request, context: TenantContext, next: (Request, TenantContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.user = try await Self.user(asking: request.head, in: context.tenant)
        return try await next(request, context)
    }

    /// Who sends a request.
    ///
    /// - Throws: ``Refusal`` 401; `DoSQLError`.
    static func user(asking request: HTTPRequest, in tenant: Tenant) async throws -> CurrentUser {
        guard let token = bearerToken(of: request) else { throw Refusal.unauthorized("Missing authorization header") }
        let session = try await tenant.queryOne(
            """
            SELECT s.expires_at, u.id, u.name, u.email, u.role
            FROM sessions s LEFT JOIN users u ON u.id = s.user_id
            WHERE s.token = \(token)
            """)
        guard let session else { throw Refusal.unauthorized("Invalid token") }
        // An expiry that is no time has expired.
        guard let end = try? session.decode("expires_at", as: Date.self), end > .now else {
            throw Refusal.unauthorized("Token expired")
        }
        guard session["id"]?.isNull == false else { throw Refusal.unauthorized("User not found") }
        return try session.decode(CurrentUser.self)
    }

    private static func bearerToken(of request: HTTPRequest) -> String? {
        if let header = request.headerFields[.authorization] {
            guard header.hasPrefix("Bearer ") else { return nil }
            let token = header.dropFirst("Bearer ".count)
            return token.isEmpty ? nil : String(token)
        }
        // EventSource and WebSocket cannot set headers: of them the token may come in the address (RFC 6750, 2.3).
        let cannotSetHeaders =
            request.isWebSocketHandshake
            || request.headerFields[.accept]?.contains("text/event-stream") == true
        let token = URI(request.path ?? "/").queryParameters["access_token"]
        guard cannotSetHeaders, let token, !token.isEmpty else { return nil }
        return String(token)
    }
}

extension HTTPRequest {
    /// Whether it wants to become a WebSocket: nothing else has this header (RFC 6455, 4.1).
    var isWebSocketHandshake: Bool { headerFields[.secWebSocketKey] != nil }
}
