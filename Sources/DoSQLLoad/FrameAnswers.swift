import DoSQLProtocol

/// Answers of DoSQL's protocol: frames that end a request (`protocol/messages.md`). An ERROR ends the load.
package struct FrameAnswers: AnswerScanner {
    /// Bytes of the current frame's body that are still to come.
    private var rest = 0
    /// Whether the current frame ends a request.
    private var isTerminal = false
    /// The part of a header that has come.
    private var head: [UInt8] = []
    /// The part of an ERROR that has come.
    private var failure: [UInt8]?
    private var calls = 0
    private var sample: (place: Int, answer: [UInt8])?

    package init() {}

    package mutating func completed(by bytes: Span<UInt8>) throws(LoadError) -> Int {
        var offset = 0
        var count = 0
        calls += 1
        var wantsSample = Self.isSampled(calls)
        while true {
            if rest > 0 || failure != nil {
                let taken = min(rest, bytes.count - offset)
                if failure != nil { for index in offset..<offset + taken { failure?.append(bytes[index]) } }
                rest -= taken
                offset += taken
                if rest > 0 { return count }
                if let failure { throw Self.error(failure) }
                if isTerminal { count += 1 }
            }
            let header: FrameHeader
            if head.isEmpty && bytes.count - offset >= FrameHeader.size {
                header = FrameHeader(decoding: bytes, at: offset)
                offset += FrameHeader.size
            } else {
                while head.count < FrameHeader.size {
                    guard offset < bytes.count else { return count }
                    head.append(bytes[offset])
                    offset += 1
                }
                header = FrameHeader(decoding: head.span)
                head.removeAll(keepingCapacity: true)
            }
            rest = Int(header.length)
            isTerminal = try Self.endsRequest(header.type)
            if header.type == MessageType.error.rawValue { failure = [] }
            if wantsSample, isTerminal, bytes.count - offset >= rest {
                wantsSample = false
                sample = (count, [UInt8](copying: bytes.extracting(offset..<offset + rest)))
            }
            if rest == 0, isTerminal, failure == nil { count += 1 }
        }
    }

    package mutating func takeSample() -> (place: Int, answer: [UInt8])? {
        defer { sample = nil }
        return sample
    }

    private static func endsRequest(_ type: UInt8) throws(LoadError) -> Bool {
        switch MessageType(rawValue: type) {
        case .head, .rows, .grant: false
        case .goAway: throw LoadError("the server is going away")
        default: true
        }
    }

    private static func error(_ body: [UInt8]) -> LoadError {
        LoadError((try? ErrorMessage(body.span))?.description ?? "an error that cannot be read")
    }
}
