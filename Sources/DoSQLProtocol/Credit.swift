/// CREDIT (`protocol/flow-control.md`, results).
public struct Credit: Hashable, Sendable {
    /// How many more bytes of ROWS the server may send.
    public var bytes: UInt64

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        bytes = try reader.readVarint()
        try reader.expectEnd()
    }

    /// Writes a frame; `request` is the QUERY's.
    public static func encode(into writer: inout ByteWriter, request: UInt32, bytes: UInt64) {
        let frame = writer.beginFrame(.credit, request: request)
        writer.writeVarint(bytes)
        writer.endFrame(at: frame)
    }
}

/// GRANT (`protocol/flow-control.md`, bulk loads).
public struct Grant: Hashable, Sendable {
    /// How many more bytes of LOAD_ROWS the client may send.
    public var bytes: UInt64

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        bytes = try reader.readVarint()
        try reader.expectEnd()
    }

    /// Writes a frame; `stream` and `request` are the LOAD's.
    public static func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32, bytes: UInt64) {
        let frame = writer.beginFrame(.grant, stream: stream, request: request)
        writer.writeVarint(bytes)
        writer.endFrame(at: frame)
    }
}
