/// CLOSE, which has no body (`protocol/messages.md`, streams).
public enum Close {
    /// Reads a body: there must be none.
    public static func decode(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.isEmpty else { throw .trailingBytes }
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = []
    ) {
        writer.endFrame(at: writer.beginFrame(.close, flags: flags, stream: stream, request: request))
    }
}
