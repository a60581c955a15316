/// PREPARE as it lies in the bytes (`protocol/messages.md`, statements).
public struct Prepare: ~Escapable {
    /// The number, from 1 on.
    public let id: UInt32
    /// One statement.
    public let sql: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        id = try reader.readVarint32()
        guard id != 0 else { throw .outOfRange }
        sql = try reader.readText()
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, request: UInt32, id: UInt32, sql: String) {
        let frame = writer.beginFrame(.prepare, request: request)
        writer.writeVarint(UInt64(id))
        writer.writeText(sql)
        writer.endFrame(at: frame)
    }
}

/// UNPREPARE (`protocol/messages.md`, statements).
public struct Unprepare: Hashable, Sendable {
    /// The number to free.
    public var id: UInt32

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        id = try reader.readVarint32()
        guard id != 0 else { throw .outOfRange }
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, request: UInt32, id: UInt32) {
        let frame = writer.beginFrame(.unprepare, request: request)
        writer.writeVarint(UInt64(id))
        writer.endFrame(at: frame)
    }
}
