/// The bounds of a connection, each with its reason.
public struct WebSocketLimits: Hashable, Sendable {
    /// The default of ``messageBytesMax``.
    public static let messageBytesMaxDefault = 16 * 1024 * 1024
    /// The default of ``fragmentsMax``.
    public static let fragmentsMaxDefault = 128 * 1024
    /// The payload of a control frame (RFC 6455, 5.5), in bytes.
    public static let controlBytesMax = 125
    /// The reason inside a close frame: what a code of two bytes leaves (RFC 6455, 5.5.1), in bytes.
    public static let reasonBytesMax = controlBytesMax - 2
    /// Bytes that a compressed message may stand for whatever it has itself.
    public static let inflatedBytesFree = 1024 * 1024
    /// How many times its own bytes a longer one may stand for. Text comes to a tenth as a rule; deflate reaches a
    /// thousand with nothing but repetition, and each byte of that is the server's work for none of the client's.
    public static let inflatedRatioMax = 64
    /// Messages below this many bytes are sent as they are: a deflated one would hardly be shorter.
    public static let deflatedBytesMin = 256

    /// How long a message may be, whole and decompressed, in bytes: it is held in memory until its end.
    public var messageBytesMax: Int
    /// How many frames a message may come in: empty ones add nothing to its length, and would never end it.
    public var fragmentsMax: Int

    /// What a compressed message of `count` bytes may stand for, in bytes.
    func inflatedBytesMax(of count: Int) -> Int {
        min(messageBytesMax, max(Self.inflatedBytesFree, count * Self.inflatedRatioMax))
    }

    /// `messageBytesMax` of at most 2 GiB; the framing library takes no longer frames.
    public init(
        messageBytesMax: Int = Self.messageBytesMaxDefault, fragmentsMax: Int = Self.fragmentsMaxDefault
    ) {
        precondition((1...Int(Int32.max)).contains(messageBytesMax), "A message has 1 byte to 2 GiB")
        precondition(fragmentsMax > 0, "A message has at least one frame")
        self.messageBytesMax = messageBytesMax
        self.fragmentsMax = fragmentsMax
    }
}
