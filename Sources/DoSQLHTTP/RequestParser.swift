import NIOCore
import NIOHTTP1

/// The bytes of an HTTP/1.1 connection as requests (RFC 9112).
///
/// Bytes are only kept until ``next()`` is asked, so that nobody who pipelines requests makes the server hold more than
/// it has received:
///
///     parser.receive(bytes)
///     while let event = parser.next() {
///         switch event {
///         case .head(let head): begin(head)
///         case .body(let bytes): append(bytes)
///         case .end: carryOut()
///         case .fault(let fault): refuse(fault)
///         }
///     }
///
/// A request is read by NIO's parser (llhttp); in front of it ``HeadGuard`` and `ChunkGuard` delimit it and refuse what
/// could be read in two ways. Where the two do not agree on a request's end, it is refused too.
///
/// Confined to one thread.
public final class RequestParser {
    private enum State {
        case head
        case fixedBody(remaining: Int)
        case chunkedBody(ChunkGuard)
        case end
        /// A body was refused; what came before has been handed out.
        case refused(HTTPFault)
        case finished
    }

    private let limits: HTTPLimits
    private let fileBytesMax: Int
    private let isFile: (RequestHead) -> Bool
    /// The bound of the current request's body.
    private var bodyLimits: HTTPLimits
    private let pool: DecoderPool
    private var state: State = .head
    private var headGuard = HeadGuard()
    /// What was received and not yet read.
    private var store = ByteBuffer()
    /// The decoder of the request under way.
    private var decoder: MessageDecoder?
    /// Whether the decoder can read another message.
    private var canReuseDecoder = false
    private var isKeepAlive = true
    /// The last head that was worth knowing, and the one before: often they differ in the length of the body only.
    private var known: KnownHead?
    private var formerlyKnown: KnownHead?
    /// Whether an empty line was passed over since the last request.
    private var hasSkippedLine = false

    /// A parser in front of the first request.
    /// - Parameters:
    ///   - decoders: those of the thread. A parser that is given none has its own.
    ///   - fileBytesMax: the bound, in bytes, of a body that is a file: it is handed on as it comes, and may be longer
    ///     than one that is kept.
    ///   - isFile: whether a request's body is one.
    public init(
        limits: HTTPLimits = HTTPLimits(), decoders: DecoderPool = DecoderPool(),
        fileBytesMax: Int = 0, isFile: @escaping (RequestHead) -> Bool = { _ in false }
    ) {
        self.limits = limits
        self.fileBytesMax = fileBytesMax
        self.isFile = isFile
        bodyLimits = limits
        pool = decoders
    }

    /// How many received bytes have not become events.
    public var bufferedBytes: Int { store.readableBytes }

    /// How many bytes of memory are held for those that were received; none while no request is under way.
    public var heldBytes: Int { store.capacity }

    /// How far the current request is. When ``next()`` has given nil, it is the client who is waited for.
    public var progress: RequestProgress {
        switch state {
        case .head: store.readableBytes == 0 ? .idle : .head
        case .fixedBody, .chunkedBody: .body
        case .end, .refused: .body
        case .finished: .finished
        }
    }

    /// Keeps received bytes. After the last request of a connection they are dropped.
    public func receive(_ bytes: Span<UInt8>) {
        if case .finished = state { return }
        // A client that always has the next request under way never lets the store run empty.
        if store.readerIndex > 0, store.readerIndex >= store.readableBytes { store.discardReadBytes() }
        store.writeWithOutputRawSpan(minimumWritableBytes: bytes.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
    }

    /// What comes next, or nil until more has been received.
    public func next() -> RequestEvent? {
        switch state {
        case .head: return nextHead()
        case .fixedBody(let remaining): return nextPart(remaining)
        case .chunkedBody: return nextChunks()
        case .end:
            state = isKeepAlive ? .head : .finished
            return .end
        case .refused(let fault): return refuse(fault)
        case .finished:
            store = ByteBuffer()
            return nil
        }
    }

    /// Takes the bytes that followed a request, and ends the parser: from here on the connection speaks another
    /// protocol (RFC 9110 section 7.8). To be called after the `end` of a request that ``RequestHead/isUpgrade``.
    public func takeRemainder() -> [UInt8] {
        let rest = [UInt8](buffer: store)
        finish()
        return rest
    }

    // MARK: Heads

    private func nextHead() -> RequestEvent? {
        if headGuard.isFresh {
            if let known, known.begins(store) { return begin(known) }
            if let formerlyKnown, formerlyKnown.begins(store) {
                swap(&known, &self.formerlyKnown)
                return begin(formerlyKnown)
            }
            do throws(HTTPFault) {
                guard try skipEmptyLine() else { return nil }
            } catch {
                return refuse(error)
            }
        }
        let verdict = headGuard.scan(store.readableBytesUInt8Span, limits: limits)
        switch verdict {
        case .needMore: return nil
        case .fault(let fault): return refuse(fault)
        case .complete(let count): return begin(count, headGuard.facts)
        }
    }

    /// Passes over one empty line, as RFC 9112 section 2.2 asks for: some clients send one behind a body.
    /// - Returns: whether a request line has begun.
    private func skipEmptyLine() throws(HTTPFault) -> Bool {
        while let first: UInt8 = store.getInteger(at: store.readerIndex) {
            if first == Octet.lineFeed { throw .bareLineFeed }
            guard first == Octet.carriageReturn else { return true }
            if hasSkippedLine { throw .leadingSpace }
            guard let second: UInt8 = store.getInteger(at: store.readerIndex + 1) else { return false }
            guard second == Octet.lineFeed else { throw .bareCarriageReturn }
            hasSkippedLine = true
            store.moveReaderIndex(forwardBy: 2)
        }
        return false
    }

    /// Begins a request whose head is known: it needs no decoder, since its body is as many bytes as its length says.
    private func begin(_ known: KnownHead) -> RequestEvent {
        let head = known.head
        consume(known.bytes.readableBytes)
        bodyLimits.bodyBytesMax = limits.bodyBytesMax
        isKeepAlive = true
        hasSkippedLine = false
        if case .length(let length) = head.framing { state = .fixedBody(remaining: length) } else { state = .end }
        return .head(head)
    }

    private func remember(_ head: KnownHead) {
        formerlyKnown = known
        known = head
    }

    private func begin(_ count: Int, _ facts: HeadFacts) -> RequestEvent {
        if facts.method.count == 7, store.readableBytesUInt8Span.extracting(facts.method).equals("CONNECT") {
            return refuse(.connectMethod)
        }
        if case .length(let length) = facts.framing, length > max(limits.bodyBytesMax, fileBytesMax) {
            return refuse(.bodyTooLarge)
        }
        let bytes = store.getSlice(at: store.readerIndex, length: count)
        if let bytes, count <= KnownHead.bytesMax, let found = pool.known(bytes) {
            headGuard = HeadGuard()
            remember(found)
            return begin(found)
        }
        let decoder = pool.take()
        let parts = decode(count, with: decoder)
        if let error = parts.error { return refuse(Self.fault(of: error)) }
        guard let decoded = parts.head, parts.headCount == 1, parts.body.isEmpty,
            parts.endCount == (facts.framing == .none ? 1 : 0)
        else { return refuse(.malformed) }

        let head: RequestHead
        do throws(HTTPFault) {
            head = try RequestHead(decoded, facts)
        } catch {
            return refuse(error)
        }
        let isFile = isFile(head)
        bodyLimits.bodyBytesMax = isFile ? fileBytesMax : limits.bodyBytesMax
        if case .length(let length) = facts.framing, length > bodyLimits.bodyBytesMax { return refuse(.bodyTooLarge) }
        isKeepAlive = head.isKeepAlive
        canReuseDecoder = isKeepAlive && !facts.hasUpgrade
        hasSkippedLine = false
        headGuard = HeadGuard()
        if !isFile, !facts.hasUpgrade, let bytes, KnownHead.isWorthKnowing(head, bytes: count) {
            remember(pool.know(bytes, head))
        }
        self.decoder = decoder
        switch facts.framing {
        case .none: completed()
        case .length(let length): state = .fixedBody(remaining: length)
        case .chunked: state = .chunkedBody(ChunkGuard())
        }
        return .head(head)
    }

    // MARK: Bodies

    private func nextPart(_ remaining: Int) -> RequestEvent? {
        let count = min(remaining, store.readableBytes)
        guard count > 0 else { return nil }
        guard let decoder else {
            let bytes = store.getBytes(at: store.readerIndex, length: count) ?? []
            consume(count)
            state = count == remaining ? .end : .fixedBody(remaining: remaining - count)
            return .body(bytes)
        }
        let parts = decode(count, with: decoder)
        if let error = parts.error { return refuse(Self.fault(of: error)) }
        guard parts.body.count == count, parts.endCount == (count == remaining ? 1 : 0) else {
            return refuse(.malformed)
        }
        if count == remaining { completed() } else { state = .fixedBody(remaining: remaining - count) }
        return .body(parts.body)
    }

    private func nextChunks() -> RequestEvent? {
        guard case .chunkedBody(var chunks) = state, let decoder else { return nil }
        let count: Int
        var fault: HTTPFault?
        var isLast = false
        let verdict = chunks.scan(store.readableBytesUInt8Span, limits: bodyLimits)
        switch verdict {
        case .sound(let sound): count = sound
        case .last(let sound):
            count = sound
            isLast = true
        case .fault(let sound, let found):
            count = sound
            fault = found
        }
        state = .chunkedBody(chunks)
        let parts = count == 0 ? DecodedParts() : decode(count, with: decoder)
        if let error = parts.error {
            fault = Self.fault(of: error)
        } else if parts.headCount != 0 || parts.endCount != (isLast ? 1 : 0) {
            fault = .malformed
        }
        if let fault {
            if parts.body.isEmpty { return refuse(fault) }
            state = .refused(fault)
        } else if isLast {
            completed()
        }
        if !parts.body.isEmpty { return .body(parts.body) }
        return isLast ? next() : nil
    }

    // MARK: Ends

    private func consume(_ count: Int) {
        store.moveReaderIndex(forwardBy: count)
        // An idle connection keeps no memory for what it may receive.
        if store.readableBytes == 0 { store = ByteBuffer() }
    }

    /// Lets the decoder read the next bytes of the store.
    private func decode(_ count: Int, with decoder: MessageDecoder) -> DecodedParts {
        guard let bytes = store.readSlice(length: count) else { return DecodedParts(error: HTTPFault.malformed) }
        // An idle connection keeps no memory for what it may receive.
        if store.readableBytes == 0 { store = ByteBuffer() }
        return decoder.decode(bytes)
    }

    /// All of the request has been read.
    private func completed() {
        if canReuseDecoder, let decoder { pool.putBack(decoder) }
        decoder = nil
        state = .end
    }

    private func refuse(_ fault: HTTPFault) -> RequestEvent {
        finish()
        return .fault(fault)
    }

    private func finish() {
        state = .finished
        store = ByteBuffer()
        decoder = nil
    }

    /// What the decoder's error means to the client. The guards let through what only it can tell: methods.
    private static func fault(of error: any Error) -> HTTPFault {
        switch error {
        case HTTPParserError.invalidMethod: .unknownMethod
        case HTTPParserError.invalidURL: .badTarget
        case HTTPParserError.invalidVersion: .unsupportedVersion
        default: .malformed
        }
    }
}
