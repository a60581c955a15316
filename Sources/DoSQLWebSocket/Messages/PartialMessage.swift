/// A message that has begun and is not complete.
struct PartialMessage {
    let kind: WebSocketMessageKind
    let isCompressed: Bool
    /// The payload so far, as it came: compressed, if the message is.
    private(set) var bytes: [UInt8] = []
    private var fragments = 0
    private var validator = UTF8Validator()

    init(_ kind: WebSocketMessageKind, isCompressed: Bool) {
        self.kind = kind
        self.isCompressed = isCompressed
    }

    /// Whether what comes can be checked before the end.
    var isPlainText: Bool { kind == .text && !isCompressed }

    /// Checks text, once, in its order.
    mutating func check(_ text: Span<UInt8>) throws(Violation) {
        guard isPlainText else { return }
        guard validator.accepts(text) else { throw .textNotUTF8 }
    }

    /// Takes a frame's payload that has been checked.
    mutating func append(_ payload: consuming [UInt8], limits: WebSocketLimits) throws(Violation) {
        fragments += 1
        guard fragments <= limits.fragmentsMax else { throw .tooManyFragments }
        guard payload.count <= limits.messageBytesMax - bytes.count else { throw .messageTooBig }
        if bytes.isEmpty { bytes = payload } else { bytes.append(contentsOf: payload) }
    }

    /// The message at its end.
    mutating func finish(codec: WebSocketCodec, limits: WebSocketLimits) throws(Violation) -> WebSocketEvent {
        let whole = isCompressed ? try codec.inflate(bytes, bytesMax: limits.inflatedBytesMax(of: bytes.count)) : bytes
        // A text that came as it is has been checked on the way.
        if kind == .text && isCompressed && !validator.accepts(whole.span) { throw .textNotUTF8 }
        guard validator.isComplete else { throw .textNotUTF8 }
        return kind == .text ? .text(whole) : .binary(whole)
    }
}
