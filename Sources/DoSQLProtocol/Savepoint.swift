/// SAVEPOINT, RELEASE or ROLLBACK_TO as it lies in the bytes (`protocol/transactions.md`).
public struct Savepoint: ~Escapable {
    /// Which of the three it is.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// SAVEPOINT: sets one.
        case set
        /// RELEASE: gives it up and keeps what was done.
        case release
        /// ROLLBACK_TO: undoes what was done since.
        case rollbackTo

        /// The message's number.
        @inlinable
        public var type: MessageType {
            switch self {
            case .set: .savepoint
            case .release: .release
            case .rollbackTo: .rollbackTo
            }
        }
    }

    /// Which of the three it is.
    public let kind: Kind
    /// The savepoint's name, 1 to 64 bytes.
    public let name: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>, kind: Kind) throws(DecodeError) {
        var reader = ByteReader(body)
        self.kind = kind
        name = try reader.readText()
        guard name.count >= 1 else { throw .outOfRange }
        guard name.count <= Limits.savepointNameMax else { throw .tooMany }
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, kind: Kind, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        name: String
    ) {
        let frame = writer.beginFrame(kind.type, flags: flags, stream: stream, request: request)
        writer.writeText(name)
        writer.endFrame(at: frame)
    }
}
