/// What the next bytes of a connection are (`protocol/framing.md`, frame).
public enum FrameEvent: ~Escapable {
    /// A whole frame that lies in what was received.
    case frame(FrameHeader, body: Span<UInt8>)
    /// A whole frame that came in parts.
    case assembled(FrameHeader, body: [UInt8])
    /// A frame longer than `frameMax`, whose body will be skipped: answer `FRAME_TOO_LARGE`.
    case tooLarge(FrameHeader)
    /// A frame beyond 1 GiB, which cannot be meant: answer `PROTOCOL_VIOLATION` and close. Nothing comes behind it.
    case unmeant(FrameHeader)
    /// No more frames in what was received; all of it has been used up.
    case needMore
}
