import DoSQLHTTP
import DoSQLWebSocket

/// What the connections of the loop share.
final class EchoShared {
    let decoders = DecoderPool()
    let codec = WebSocketCodec()
}
