/// Cuts received bytes into frames (`protocol/framing.md`, frame).
///
/// A frame that lies whole in what was received is handed out from there, without a copy; a part of one is kept until
/// the rest comes. Call `next` with what was received until it says `needMore`:
///
///     var input = received
///     while true {
///         switch decoder.next(&input) {
///         case .frame(let header, let body): handle(header, body)
///         case .assembled(let header, let body): handle(header, body.span)
///         case .tooLarge(let header): refuse(header)
///         case .unmeant: return close()
///         case .needMore: return
///         }
///     }
///
/// A consumer that must stop early hands what is left in `input` to `keep`, and later calls `next` with an empty span.
/// Events do not depend on the decoder, so `frameMax` may be set while one is handled.
/// Invariant: `backlog` precedes any input to come; `head` and `body` precede `backlog`.
public struct FrameDecoder: Sendable {
    /// The longest body that is taken, from the next frame on.
    public var frameMax: Int

    /// Whether the next byte of input begins a frame: nothing below is in use.
    var isClean = true
    /// The first `headCount` bytes of a header that came in parts.
    var head: [12 of UInt8] = .init(repeating: 0)
    var headCount = 0
    /// The header of `body`, which is not yet complete.
    var pending: FrameHeader?
    var body: [UInt8] = []
    /// How many bytes of a body are still to be passed over.
    var skipping = 0
    /// Bytes that were handed back.
    var backlog: [UInt8] = []
    /// A frame was beyond what can be meant.
    var isBroken = false

    /// A decoder in front of a frame. The default is the bound before HELLO_OK.
    public init(frameMax: Int = Limits.frameHandshakeMax) { self.frameMax = frameMax }

    /// How many received bytes wait here.
    public var keptCount: Int { headCount + body.count + backlog.count }

    /// The header of a frame of which a part has come.
    public var coming: FrameHeader? { pending }

    /// Drops what has come of ``coming``, and passes over the rest. To be called after `needMore`.
    public mutating func giveUp() {
        guard let header = pending, backlog.isEmpty else { return }
        skipping = Int(header.length) - body.count
        body = []
        pending = nil
        settle()
    }

    /// Takes the next frame off the front of what was kept and of `input`.
    @_lifetime(copy input)
    @_lifetime(input: copy input)
    public mutating func next(_ input: inout Span<UInt8>) -> FrameEvent {
        isClean ? whole(&input) : further(&input)
    }

    /// Keeps received bytes that were not asked for, in front of any that come later.
    public mutating func keep(_ input: Span<UInt8>) {
        if input.isEmpty { return }
        isClean = false
        backlog.append(input)
    }

    /// The next frame where nothing has been kept.
    @_lifetime(copy input)
    @_lifetime(input: copy input)
    private mutating func whole(_ input: inout Span<UInt8>) -> FrameEvent {
        guard input.count >= FrameHeader.size else { return part(&input) }
        let header = FrameHeader(decoding: input)
        let length = Int(header.length)
        guard length <= frameMax, length <= Limits.frameLengthMax else {
            input = input.extracting(droppingFirst: FrameHeader.size)
            return refuse(header)
        }
        guard input.count &- FrameHeader.size >= length else { return part(&input) }
        let body = input.extracting(FrameHeader.size..<FrameHeader.size &+ length)
        input = input.extracting(droppingFirst: FrameHeader.size &+ length)
        return .frame(header, body: body)
    }

    /// The next frame where a part of it, or bytes that were handed back, have been kept.
    @_lifetime(copy input)
    @_lifetime(input: copy input)
    private mutating func further(_ input: inout Span<UInt8>) -> FrameEvent {
        if isBroken {
            input = input.extracting(droppingFirst: input.count)
            return .needMore
        }
        if backlog.isEmpty { return part(&input) }

        var bytes: [UInt8] = []
        swap(&bytes, &backlog)
        var rest = bytes.span
        let event = fromBacklog(&rest)
        backlog.append(rest)
        settle()
        if case .needMore = event { return next(&input) }
        return event
    }

    /// The next frame of bytes that were handed back, as one that does not depend on them.
    @_lifetime(immortal)
    @_lifetime(rest: copy rest)
    private mutating func fromBacklog(_ rest: inout Span<UInt8>) -> FrameEvent {
        let isBetweenFrames = headCount == 0 && pending == nil && skipping == 0
        switch isBetweenFrames ? whole(&rest) : part(&rest) {
        case .frame(let header, let body): return .assembled(header, body: [UInt8](copying: body))
        case .assembled(let header, let body): return .assembled(header, body: body)
        case .tooLarge(let header): return .tooLarge(header)
        case .unmeant(let header): return .unmeant(header)
        case .needMore: return .needMore
        }
    }

    /// Goes on with a frame that comes in parts, or begins one.
    @_lifetime(immortal)
    @_lifetime(input: copy input)
    private mutating func part(_ input: inout Span<UInt8>) -> FrameEvent {
        isClean = false
        let skipped = Swift.min(skipping, input.count)
        skipping -= skipped
        input = input.extracting(droppingFirst: skipped)
        if skipping > 0 { return .needMore }

        if pending == nil {
            while headCount < FrameHeader.size {
                guard !input.isEmpty else { return nothing() }
                head[headCount] = input[0]
                headCount += 1
                input = input.extracting(droppingFirst: 1)
            }
            headCount = 0
            let header = FrameHeader(decoding: head.span)
            let length = Int(header.length)
            guard length <= frameMax, length <= Limits.frameLengthMax else { return refuse(header) }
            pending = header
        }
        guard let header = pending else { return nothing() }
        let taken = Swift.min(Int(header.length) - body.count, input.count)
        body.append(input.extracting(first: taken))
        input = input.extracting(droppingFirst: taken)
        guard body.count == Int(header.length) else { return .needMore }
        var whole: [UInt8] = []
        swap(&whole, &body)
        pending = nil
        settle()
        return .assembled(header, body: whole)
    }

    /// No frame, and maybe nothing kept.
    @_lifetime(immortal)
    private mutating func nothing() -> FrameEvent {
        settle()
        return .needMore
    }

    /// Passes over what follows a header whose length is too large.
    @_lifetime(immortal)
    private mutating func refuse(_ header: FrameHeader) -> FrameEvent {
        isClean = false
        if Int(header.length) > Limits.frameLengthMax {
            isBroken = true
            return .unmeant(header)
        }
        skipping = Int(header.length)
        return .tooLarge(header)
    }

    private mutating func settle() {
        isClean = !isBroken && headCount == 0 && pending == nil && skipping == 0 && backlog.isEmpty
    }
}
