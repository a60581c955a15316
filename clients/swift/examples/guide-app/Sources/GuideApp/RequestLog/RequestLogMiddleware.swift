import Foundation
import HTTPTypes
import Hummingbird

/// Gives each request an id, and notes what was answered. In front of everything else, so that refusals are noted too.
struct RequestLogMiddleware: RouterMiddleware {
    let log: RequestLog
    let baseDomain: String?

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let id = UUID()
        var response = try await next(request, context)
        response.headers[.requestID] = id.uuidString.lowercased()

        let milliseconds = Int(start.duration(to: .now) / .milliseconds(1))
        // Without the query: there may be a token in it.
        let path = request.uri.path
        context.logger.info("\(request.method) \(path) \(response.status.code) \(milliseconds) ms")
        // A host that is nobody's has nowhere to log to.
        if let tenant = try? TenantName(host: request.head.authority, baseDomain: baseDomain) {
            log.note(
                RequestLog.Entry(
                    id: id, tenant: tenant, method: request.method.rawValue, path: path, status: response.status.code,
                    milliseconds: milliseconds))
        }
        return response
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-ID")!
}
