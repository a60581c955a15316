import HTTPTypes
import Hummingbird

/// What the app refuses, and in which words: thrown anywhere, it becomes the answer.
struct Refusal: Error {
    let status: HTTPResponse.Status
    let message: String
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    /// 400 for a member of a body, or of a query string, that is not as the route wants it.
    ///
    /// - Parameters:
    ///   - field: the member's path, such as `items.0.quantity`.
    ///   - message: what is wanted there.
    static func invalid(_ field: String, _ message: String) -> Refusal { Refusal(.badRequest, "\(field): \(message)") }

    /// 401, which says how to authenticate (RFC 9110, 15.5.2).
    static func unauthorized(_ message: String) -> Refusal {
        Refusal(.unauthorized, message, headers: [.wwwAuthenticate: "Bearer"])
    }
}
