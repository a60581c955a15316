/// The four bytes that open a binary connection (`protocol/framing.md`, preamble).
public enum Preamble {
    /// `DSQL`.
    public static var bytes: [UInt8] { [0x44, 0x53, 0x51, 0x4C] }
    /// How many bytes it has.
    @inlinable public static var size: Int { 4 }

    /// What a connection's first bytes say.
    public enum Match: Hashable, Sendable {
        /// The preamble is there; frames follow.
        case matches
        /// What is there fits, and more must come.
        case needMore
        /// This is not the binary protocol.
        case foreign
    }

    /// Judges the first bytes of a connection, as many as have come.
    public static func match(_ received: Span<UInt8>) -> Match {
        let expected: [4 of UInt8] = [0x44, 0x53, 0x51, 0x4C]
        for index in 0..<Swift.min(received.count, size) where received[index] != expected[index] { return .foreign }
        return received.count < size ? .needMore : .matches
    }
}
