/// The bounds of a TLS session. Those of records and of handshake messages are BoringSSL's own.
public enum TLSLimits {
    /// Bytes that a peer may send before its handshake is over.
    ///
    /// BoringSSL takes handshake messages of 16 KiB, which a ClientHello with post-quantum key shares (about 2 KiB) is
    /// far from. There may be two of them (RFC 8446, 4.1.4), a chain of certificates, and what comes right behind the
    /// handshake's end. Nothing of that is kept but the message that is not whole yet.
    public static let handshakeBytesMax = 64 * 1024
    /// Bytes of a file with certificates or a key: real ones have a few KiB.
    public static let fileBytesMax = 1024 * 1024

    /// Content of a record at most (RFC 8446, 5.1).
    static let recordBytesMax = 16 * 1024
    /// Header of a record: type, version, length.
    static let recordHeaderSize = 5
    /// A record's content with its protection at most (RFC 5246, 6.2.3; TLS 1.3 allows less).
    static let recordProtectedMax = 16 * 1024 + 2048
    /// Bytes that are encrypted at a time. With its protection that is one record, which fits the buffer that NIO's
    /// handler has from its beginning and never gives back: it must not grow with the longest answer.
    static let sendStep = recordBytesMax - 64
}
