internal import NIOCore
internal import NIOWebSocket

/// One connection behind its handshake, the server's side: bytes in, events and bytes out (RFC 6455).
///
///     machine.receive(bytes)
///     while let event = machine.next() { handle(event) }
///     stream.send(&machine.output)
///
/// Frames are decoded as events are asked for: an owner whose output is queued may stop asking, stop reading, and go
/// on later. Pings and the close handshake are answered into `output`.
///
/// While nothing is under way a machine holds no buffer. Not `Sendable`: it belongs to its codec's thread.
public final class WebSocketMachine {
    private enum State {
        /// Messages go both ways.
        case open
        /// We have sent a close frame and wait for the other's. Messages are passed over.
        case closing
        /// The last event has been handed out, or waits in `closed`.
        case closed
    }

    /// The decoder's own bound: lengths are checked before it sees them. It takes no larger one.
    private static let frameBytesMax = Int(UInt32.max)

    /// Buffers up to this many bytes are not worth a copy.
    private static let roomMin = 512

    /// What is to be sent, in order. Whoever takes it leaves it empty, and without capacity if memory matters.
    public var output: [UInt8] = []
    /// The form in which this connection wants its messages, for ``WebSocketCodec/append(_:_:as:to:)``.
    public let variant: WebSocketVariant

    private let codec: WebSocketCodec
    private var limits: WebSocketLimits
    private var state = State.open
    /// Bytes that are not decoded: the rest of a frame, or those that nobody has asked for.
    private var input = ByteBuffer()
    private var decoder: WebSocketFrameDecoder?
    /// The frame that the decoder is in.
    private var head: FrameHead?
    /// How many bytes of that frame's text have been checked.
    private var checked = 0
    private var message: PartialMessage?

    /// A connection whose handshake is done. `variant`: what the handshake agreed on.
    public init(codec: WebSocketCodec, variant: WebSocketVariant = .plain, limits: WebSocketLimits = .init()) {
        self.codec = codec
        self.variant = variant
        self.limits = limits
    }

    /// Whether messages can still be sent.
    public var isOpen: Bool { state == .open }

    /// Bytes of a message, from the next one on.
    public var messageBytesMax: Int {
        get { limits.messageBytesMax }
        set { limits.messageBytesMax = newValue }
    }

    /// How many received bytes are held.
    public var heldBytes: Int { input.readableBytes + (message?.bytes.count ?? 0) }

    /// How many bytes the buffer of what is not decoded has room for.
    var inputCapacity: Int { input.storageCapacity }

    // MARK: In

    /// Takes bytes that came.
    public func receive(_ bytes: Span<UInt8>) {
        // What follows a close frame means nothing (RFC 6455, 1.4).
        guard state != .closed, !bytes.isEmpty else { return }
        if input.readableBytes == 0 {
            input = ByteBufferAllocator().buffer(capacity: bytes.count)
        } else {
            input.discardReadBytes()
        }
        input.writeWithOutputRawSpan(minimumWritableBytes: bytes.count) { room in
            for index in bytes.indices { room.append(bytes[index]) }
        }
    }

    /// The next event; nil if more bytes are needed for one.
    public func next() -> WebSocketEvent? {
        while state != .closed {
            do {
                guard let (payload, head) = try nextFrame() else {
                    releaseRoom()
                    return nil
                }
                if let event = try handle(payload, head) { return event }
            } catch {
                return fail(error)
            }
        }
        return nil
    }

    /// The begun frame of a silent connection must not hold the memory of a burst that came before it.
    private func releaseRoom() {
        guard input.storageCapacity > Self.roomMin, input.readableBytes < input.storageCapacity / 4 else { return }
        input = ByteBufferAllocator().buffer(buffer: input)
    }

    /// The next whole frame with its rules checked, or nil; then what there is of it has been checked.
    private func nextFrame() throws(Violation) -> (payload: [UInt8], head: FrameHead)? {
        if head == nil {
            guard var begun = FrameHead(input) else { return nil }
            try begun.check(hasMessage: message != nil, mayCompress: variant != .plain)
            guard try begun.complete(from: input) else { return nil }
            head = begun
            try begin(begun)
        }
        guard let head else { return nil }
        let decoder = self.decoder ?? WebSocketFrameDecoder(maxFrameSize: Self.frameBytesMax)
        self.decoder = decoder
        guard let frame = try codec.next(&input, decoder: decoder) else {
            try checkPart(of: head)
            return nil
        }
        let payload = Array(buffer: frame.unmaskedData)
        if !head.isControl { try message?.check(payload.span.extracting(droppingFirst: checked)) }
        if input.readableBytes == 0 { input = ByteBuffer() }
        self.head = nil
        checked = 0
        return (payload, head)
    }

    /// A message begins with its first frame. One that will be too long is refused before it comes.
    private func begin(_ head: FrameHead) throws(Violation) {
        switch head.opcode {
        case .text: message = PartialMessage(.text, isCompressed: head.isCompressed)
        case .binary: message = PartialMessage(.binary, isCompressed: head.isCompressed)
        default: break
        }
        guard !head.isControl, let message else { return }
        guard head.length <= UInt64(limits.messageBytesMax - message.bytes.count) else { throw .messageTooBig }
    }

    /// Checks what has come of a frame that is not complete: the decoder has taken its head off.
    private func checkPart(of head: FrameHead) throws(Violation) {
        guard !head.isControl, let message, let maskingKey = head.maskingKey else { return }
        guard message.isPlainText, input.readableBytes > checked,
            var part = input.getSlice(at: input.readerIndex + checked, length: input.readableBytes - checked)
        else { return }
        part.webSocketUnmask(maskingKey, indexOffset: checked)
        try self.message?.check(part.readableBytesUInt8Span)
        checked = input.readableBytes
    }

    private func handle(_ payload: [UInt8], _ head: FrameHead) throws(Violation) -> WebSocketEvent? {
        switch head.opcode {
        case .ping:
            if state == .open { WebSocketEncoder.appendPong(payload, to: &output) }
            return .ping(payload)
        case .pong:
            return .pong(payload)
        case .connectionClose:
            return try closed(by: payload)
        default:
            return try continueMessage(payload, isFinal: head.isFinal)
        }
    }

    private func continueMessage(_ payload: [UInt8], isFinal: Bool) throws(Violation) -> WebSocketEvent? {
        guard var message else { throw .continuationOfNothing }
        self.message = nil
        try message.append(payload, limits: limits)
        guard isFinal else {
            self.message = message
            return nil
        }
        let event = try message.finish(codec: codec, limits: limits)
        return state == .open ? event : nil
    }

    // MARK: Out

    /// Sends a message, in the form the connection wants. Nothing happens once the connection closes.
    public func send(_ kind: WebSocketMessageKind, _ bytes: Span<UInt8>) {
        guard state == .open else { return }
        codec.append(kind, bytes, as: variant, to: &output)
    }

    /// Sends a ping. Its payload has at most 125 bytes.
    public func ping(_ payload: [UInt8] = []) {
        guard state == .open else { return }
        WebSocketEncoder.appendPing(payload, to: &output)
    }

    /// Begins the close handshake (RFC 6455, 7.1.2); `closed` follows when the other end has answered. A reason of more
    /// than 123 bytes is cut.
    public func close(code: UInt16 = WebSocketCloseCode.normal, reason: String = "") {
        guard state == .open else { return }
        state = .closing
        WebSocketEncoder.appendClose(code: code, reason: reason, to: &output)
    }

    // MARK: Closing

    /// The other end's close frame: answered with the same code, unless it is the answer (RFC 6455, 5.5.1).
    private func closed(by payload: [UInt8]) throws(Violation) -> WebSocketEvent {
        guard !payload.isEmpty else {
            if state == .open { WebSocketEncoder.appendBareClose(to: &output) }
            end()
            return .closed(code: nil, reason: "")
        }
        guard payload.count >= 2 else { throw .shortClosePayload }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard WebSocketCloseCode.isSendable(code) else { throw .badCloseCode }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else { throw .reasonNotUTF8 }
        if state == .open { WebSocketEncoder.appendClose(code: code, to: &output) }
        end()
        return .closed(code: code, reason: reason)
    }

    /// Fails the connection (RFC 6455, 7.1.7).
    private func fail(_ violation: Violation) -> WebSocketEvent {
        if state == .open {
            WebSocketEncoder.appendClose(code: violation.code, reason: violation.reason, to: &output)
        }
        end()
        return .closed(code: violation.code, reason: violation.reason)
    }

    /// Lets go of everything that was received.
    private func end() {
        state = .closed
        input = ByteBuffer()
        decoder = nil
        head = nil
        message = nil
    }
}
