/// The bounds of a request, each with what a client meets beyond it.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of a head, from the method to the empty line; also of a trailer section. Beyond it: 431. Cookies and
    /// tokens of a browser stay below 16 KiB; a peer that sends more for ever must not fill the memory.
    public var headBytesMax: Int
    /// Bytes of a request target. Beyond it: 414. RFC 9110 section 4.1 asks for 8000 at least.
    public var targetBytesMax: Int
    /// Header lines of a request, or of its trailer section. Beyond it: 431. Each costs far more than its bytes.
    public var headersMax: Int
    /// Bytes of a body, without its chunk lines. Beyond it: 413. The same as a frame of the binary protocol has.
    public var bodyBytesMax: Int
    /// Bytes of a body that nobody takes: of a request that is refused, of a path that has no body, or of somebody whom
    /// nobody knows yet. So many are passed over, or wait to be asked for; beyond it the answer comes at once, 413 if
    /// there is no other, and the connection closes. What a polite client sends along by mistake is shorter.
    public var ignoredBodyBytesMax: Int
    /// Bytes of a chunk line: the size with its extensions. Beyond it: 400. Nobody needs extensions (RFC 9112 section
    /// 7.1.1), and they are work that carries no data.
    public var chunkLineBytesMax: Int

    /// The limits; the defaults fit an API.
    public init(
        headBytesMax: Int = 32_768, targetBytesMax: Int = 8_192, headersMax: Int = 100,
        bodyBytesMax: Int = 16_777_216, ignoredBodyBytesMax: Int = 16_384, chunkLineBytesMax: Int = 256
    ) {
        self.headBytesMax = headBytesMax
        self.targetBytesMax = targetBytesMax
        self.headersMax = headersMax
        self.bodyBytesMax = bodyBytesMax
        self.ignoredBodyBytesMax = ignoredBodyBytesMax
        self.chunkLineBytesMax = chunkLineBytesMax
    }
}
