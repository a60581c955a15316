/// PING as it lies in the bytes (`protocol/handshake.md`, PING and PONG).
public struct Ping: ~Escapable {
    /// What PONG must return.
    public let payload: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count <= Limits.pingMax else { throw .tooMany }
        payload = body
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, request: UInt32, payload: Span<UInt8>) {
        let frame = writer.beginFrame(.ping, request: request)
        writer.append(payload)
        writer.endFrame(at: frame)
    }
}

/// PONG as it lies in the bytes (`protocol/handshake.md`, PING and PONG).
public struct Pong: ~Escapable {
    /// What PING said.
    public let payload: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.count <= Limits.pingMax else { throw .tooMany }
        payload = body
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, request: UInt32, payload: Span<UInt8>) {
        let frame = writer.beginFrame(.pong, request: request)
        writer.append(payload)
        writer.endFrame(at: frame)
    }
}
