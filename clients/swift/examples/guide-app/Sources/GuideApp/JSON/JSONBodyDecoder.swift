import Foundation
import Hummingbird
import NIOCore

/// Reads a request's body: `try await request.decode(as: NewPost.self, context: context)`. What does not fit the type, or
/// is not ``Validated``, is 400 with the member's path.
struct JSONBodyDecoder: RequestDecoder {
    func decode<T: Decodable>(_ type: T.Type, from request: Request, context: some RequestContext) async throws -> T {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: context.maxUploadSize)
        } catch is NIOTooManyBytesError {
            throw Refusal(.contentTooLarge, "Payload too large")
        }
        do {
            let value = try JSONDecoder().decode(type, from: Data(body.readableBytesView))
            try (value as? any Validated)?.validate()
            return value
        } catch let error as DecodingError {
            let (path, message) = error.problem
            throw Refusal.invalid(path.isEmpty ? "body" : path, message)
        }
    }
}
