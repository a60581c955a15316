import DoSQLProtocol

/// Whole frames behind one another, as a session sends them.
enum Frames {
    /// Calls with each header and its body.
    static func forEach(_ frames: [UInt8], _ body: (FrameHeader, Span<UInt8>) -> Void) {
        let bytes = frames.span
        var position = 0
        while position + FrameHeader.size <= bytes.count {
            let header = FrameHeader(decoding: bytes, at: position)
            let start = position + FrameHeader.size
            position = start + Int(header.length)
            body(header, bytes.extracting(start..<position))
        }
    }
}
