/// MIGRATIONS (`protocol/messages.md`, migrations).
public struct Migrations: Hashable, Sendable {
    /// How a migration stands.
    public enum State: UInt8, CaseIterable, Hashable, Sendable {
        /// It has not been applied.
        case pending = 0
        /// An earlier request applied it.
        case appliedBefore = 1
        /// This request applied it.
        case applied = 2
    }

    /// One migration, applied or given.
    public struct Entry: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// How it stands.
        public var state: State
        /// When it was applied (UTC, `YYYY-MM-DD HH:MM:SS`); empty if pending.
        public var appliedAt: String
        /// The SHA-256 of its text in lower-case hex.
        public var checksum: String
        /// How long it took.
        public var milliseconds: UInt64

        /// An entry of these fields.
        public init(id: String, state: State, appliedAt: String, checksum: String, milliseconds: UInt64) {
            self.id = id
            self.state = state
            self.appliedAt = appliedAt
            self.checksum = checksum
            self.milliseconds = milliseconds
        }
    }

    /// The migrations in their order.
    public var entries: [Entry]
    /// What became of the request.
    public var outcome: Outcome

    /// An answer of these fields.
    public init(_ entries: [Entry], outcome: Outcome) {
        self.entries = entries
        self.outcome = outcome
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        entries = []
        for _ in 0..<(try reader.readCount(ofSize: 5)) {
            let id = try reader.readString()
            let tag = try reader.readU8()
            guard let state = State(rawValue: tag) else { throw .badTag(tag) }
            entries.append(
                Entry(
                    id: id, state: state, appliedAt: try reader.readString(), checksum: try reader.readString(),
                    milliseconds: try reader.readVarint()))
        }
        outcome = try reader.readOutcome()
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32) {
        let frame = writer.beginFrame(.migrations, stream: stream, request: request)
        writer.writeVarint(entries.count)
        for entry in entries {
            writer.writeText(entry.id)
            writer.writeU8(entry.state.rawValue)
            writer.writeText(entry.appliedAt)
            writer.writeText(entry.checksum)
            writer.writeVarint(entry.milliseconds)
        }
        outcome.encode(into: &writer)
        writer.endFrame(at: frame)
    }
}
