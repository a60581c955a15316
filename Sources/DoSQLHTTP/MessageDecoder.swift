import NIOCore
import NIOHTTP1

/// What the decoder made of some bytes.
struct DecodedParts {
    var head: HTTPRequestHead?
    var headCount = 0
    var body: [UInt8] = []
    var endCount = 0
    var error: (any Error)?
}

/// NIO's HTTP/1 decoder, as a byte machine.
final class MessageDecoder {
    private let decoder = HTTPRequestDecoder(
        leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward, limitConfiguration: noLimits)
    private let pipeline: DecoderPipeline

    /// The bounds are kept in front of the decoder, exactly; its own must not be met first.
    private static let noLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = .max
        limits.maxHeaderListSize = .max
        limits.maxHeaderFieldCount = .max
        return limits
    }()

    init(_ pipeline: DecoderPipeline) {
        self.pipeline = pipeline
        decoder.decoderAdded(context: pipeline.context)
    }

    deinit { decoder.decoderRemoved(context: pipeline.context) }

    /// Reads bytes. A head, and the trailers, must be in them whole.
    func decode(_ bytes: ByteBuffer) -> DecodedParts {
        var bytes = bytes
        do {
            _ = try decoder.decode(context: pipeline.context, buffer: &bytes)
        } catch {
            var parts = pipeline.takeParts()
            parts.error = error
            return parts
        }
        var parts = pipeline.takeParts()
        if bytes.readableBytes > 0, parts.error == nil { parts.error = HTTPFault.malformed }
        return parts
    }
}
