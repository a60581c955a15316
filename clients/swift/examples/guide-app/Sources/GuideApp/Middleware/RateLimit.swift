import DoSQLClient
import Foundation
import HTTPTypes
import Hummingbird

/// At most so many requests of one client in a window that begins with the first of them, for each tenant.
struct RateLimit: RouterMiddleware {
    /// What it is for: paths that begin so, also those that are not there.
    let prefix: String
    let requestsMax: Int
    let window: Duration
    /// Where a trusted proxy tells the client's address; nil: it is the connection's.
    let clientAddressHeader: HTTPField.Name?

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        guard request.uri.path.hasPrefix(prefix) else { return try await next(request, context) }
        guard let tenant = context.tenant else { throw MisplacedRoute(missing: "TenantMiddleware") }

        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        let (count, end) = try await count(try address(of: request, context), at: now, in: tenant)

        var headers: HTTPFields = [:]
        headers[.rateLimitLimit] = "\(requestsMax)"
        headers[.rateLimitRemaining] = "\(max(requestsMax - count, 0))"
        headers[.rateLimitReset] = "\((end + 999) / 1000)"
        guard count <= requestsMax else {
            headers[.retryAfter] = "\(max((end - now + 999) / 1000, 1))"
            throw Refusal(.tooManyRequests, "Too many requests", headers: headers)
        }

        // An error is an answer too, and has the same headers.
        var response = try await ErrorAnswers().handle(request, context: context, next: next)
        for field in headers { response.headers[field.name] = field.value }
        return response
    }

    /// Counts a request. One statement reads and counts, so that no two requests see the same number, however many come
    /// at once.
    ///
    /// - Returns: which one of its window it is, from 1, and when the window ends, in milliseconds since 1970.
    private func count(_ address: String, at now: Int64, in tenant: Tenant) async throws -> (Int, end: Int64) {
        let end = now + Int64(window / .milliseconds(1))
        let counted = try await tenant.queryOne(
            """
            INSERT INTO rate_limits (key, count, reset_at) VALUES (\(address), 1, \(end))
            ON CONFLICT (key) DO UPDATE SET
              count = CASE WHEN reset_at <= \(now) THEN 1 ELSE count + 1 END,
              reset_at = CASE WHEN reset_at <= \(now) THEN \(end) ELSE reset_at END
            RETURNING count, reset_at
            """, as: (Int, Int64).self)
        guard let counted else { preconditionFailure("an INSERT with RETURNING gives its row") }
        // Now and then what is over is cleared away.
        if Int.random(in: 0..<100) == 0 { try await tenant.run("DELETE FROM rate_limits WHERE reset_at <= \(now)") }
        return (counted.0, end: counted.1)
    }

    private func address(of request: Request, _ context: AppContext) throws(Refusal) -> String {
        let told = clientAddressHeader.flatMap { request.headers[$0] }.flatMap { $0.isEmpty ? nil : $0 }
        guard let address = told ?? context.connectionAddress else {
            throw Refusal(.badRequest, "The client has no address")
        }
        return address
    }
}

extension HTTPField.Name {
    static let rateLimitLimit = Self("X-RateLimit-Limit")!
    static let rateLimitRemaining = Self("X-RateLimit-Remaining")!
    static let rateLimitReset = Self("X-RateLimit-Reset")!
}
