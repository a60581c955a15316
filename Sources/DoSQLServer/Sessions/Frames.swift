import DoSQLProtocol

/// Whole frames behind one another, as a session sends them.
enum Frames {
    /// Puts what a session sends behind what has not been delivered yet, and empties the session's array.
    static func move(_ sent: inout [UInt8], to undelivered: inout [UInt8]) {
        if undelivered.isEmpty { swap(&undelivered, &sent) } else { undelivered += sent }
        sent.removeAll(keepingCapacity: true)
    }

    /// Whether the bytes are headers with their bodies, up to the end.
    static func areWhole(_ frames: [UInt8]) -> Bool {
        let bytes = frames.span
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= FrameHeader.size else { return false }
            position += FrameHeader.size + Int(FrameHeader(decoding: bytes, at: position).length)
        }
        return position == bytes.count
    }

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
