/// OK (`protocol/messages.md`, statements).
public struct OK: Hashable, Sendable {
    /// What became of the request.
    public var outcome: Outcome
    /// For OPEN: the tenant's incarnation.
    public var incarnation: Identity?

    /// An answer of these fields.
    public init(_ outcome: Outcome, incarnation: Identity? = nil) {
        self.outcome = outcome
        self.incarnation = incarnation
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        outcome = try reader.readOutcome()
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01:
                guard let identity = Identity(option.bytes) else { throw .outOfRange }
                incarnation = identity
            default: try option.ignore()
            }
        }
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32) {
        let frame = writer.beginFrame(.ok, stream: stream, request: request)
        outcome.encode(into: &writer)
        if let incarnation { writer.writeOption(0x01, bytes: incarnation.bytes) }
        writer.endFrame(at: frame)
    }
}
