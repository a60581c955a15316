import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Writes an answer's body: JSON, indented by two spaces for who asks with `?pretty`.
struct JSONBodyEncoder: ResponseEncoder {
    func encode(_ value: some Encodable, from request: Request, context: some RequestContext) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let json = [UInt8](try encoder.encode(value))
        let isPretty = request.uri.queryParameters["pretty"] != nil
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: isPretty ? IndentedJSON.bytes(of: json) : json)))
    }
}
