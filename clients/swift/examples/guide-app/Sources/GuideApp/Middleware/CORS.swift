import HTTPTypes
import Hummingbird

/// Says which pages of other origins may read an answer, and answers browsers that ask first. (Hummingbird's own
/// `CORSMiddleware` allows a fixed list of headers; this one those that are asked for.)
struct CORS: RouterMiddleware {
    /// Which origins; nil: any.
    let origins: [String]?

    func handle(
        _ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        if request.method == .options {
            response = Response(status: .noContent)
            // RFC 9110, 8.6: a 204 has none.
            response.headers[.contentLength] = nil
            response.headers[.accessControlAllowMethods] = "GET, HEAD, PUT, POST, DELETE, PATCH"
            if let asked = request.headers[.accessControlRequestHeaders] {
                response.headers[.accessControlAllowHeaders] = asked
                response.headers[values: .vary].append("Access-Control-Request-Headers")
            }
        } else {
            response = try await next(request, context)
            response.headers[.accessControlExposeHeaders] =
                "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
        }
        if let origins {
            response.headers[values: .vary].append("Origin")
            if let origin = request.headers[.origin], origins.contains(origin) {
                response.headers[.accessControlAllowOrigin] = origin
            }
        } else {
            response.headers[.accessControlAllowOrigin] = "*"
        }
        return response
    }
}
