/// How compressed bytes are framed.
public enum CompressionFormat: Hashable, Sendable {
    /// Bare DEFLATE (RFC 1951), as permessage-deflate has it (RFC 7692).
    ///
    /// `windowBits`: the base-two logarithm of how far back a match may lie, 9 to 15. zlib cannot write raw streams
    /// with a window of 8 (zlib manual, `deflateInit2`).
    case raw(windowBits: Int)
    /// The gzip format (RFC 1952) with the largest window.
    case gzip

    /// Windows that zlib can write in a raw stream.
    public static let rawWindowBits = 9...15

    /// What zlib calls `windowBits`: negative for raw, 16 more for gzip.
    var zlibWindowBits: Int32 {
        switch self {
        case .raw(let windowBits):
            precondition(Self.rawWindowBits.contains(windowBits), "A raw stream's window has 9 to 15 bits")
            return -Int32(windowBits)
        case .gzip: return 15 + 16
        }
    }
}
