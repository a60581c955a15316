import DoSQLClient
import HTTPTypes
import Hummingbird

/// Turns whatever was thrown into an answer.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            return try answer(refusal, to: request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return try answer(Refusal(.notFound, "Not found"), to: request, context)
        } catch let error as HTTPError {
            let message = error.body ?? error.status.reasonPhrase
            return try answer(Refusal(error.status, message, headers: error.headers), to: request, context)
        } catch {
            // What is neither refused nor foreseen is worth a look.
            context.logger.error(
                "\(request.method) \(request.uri.path) failed", metadata: ["error": "\(error)"])
            return try answer(unforeseen: error, to: request, context)
        }
    }

    private func answer(_ refusal: Refusal, to request: Request, _ context: Context) throws -> Response {
        let body: JSONValue = ["error": .string(refusal.message), "code": .integer(Int64(refusal.status.code))]
        var response = try context.responseEncoder.encode(body, from: request, context: context)
        response.status = refusal.status
        for field in refusal.headers { response.headers[field.name] = field.value }
        return response
    }

    private func answer(unforeseen error: any Error, to request: Request, _ context: Context) throws -> Response {
        let body: JSONValue
        let status: HTTPResponse.Status
        if let error = error as? DoSQLError {
            body = [
                "error": .string(error.userMessage), "code": .string(error.code.name),
                "retryable": .bool(error.isRetryable),
            ]
            status = Self.status(of: error.category)
        } else {
            body = ["error": "Internal server error", "code": "INTERNAL_ERROR"]
            status = .internalServerError
        }
        var response = try context.responseEncoder.encode(body, from: request, context: context)
        response.status = status
        return response
    }

    private static func status(of category: DoSQLError.Category) -> HTTPResponse.Status {
        switch category {
        case .validation: .badRequest
        case .connection: .serviceUnavailable
        case .timeout: .gatewayTimeout
        case .conflict: .conflict
        case .execution, .resource, .authorization, .internal, .protocol, .notFound: .internalServerError
        }
    }
}
