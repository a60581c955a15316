/// CANCEL, which has no body (`protocol/flow-control.md`, cancel).
public enum Cancel {
    /// Reads a body: there must be none.
    public static func decode(_ body: Span<UInt8>) throws(DecodeError) {
        guard body.isEmpty else { throw .trailingBytes }
    }

    /// Writes a frame; `request` is the request to give up.
    public static func encode(into writer: inout ByteWriter, request: UInt32) {
        writer.endFrame(at: writer.beginFrame(.cancel, request: request))
    }
}
