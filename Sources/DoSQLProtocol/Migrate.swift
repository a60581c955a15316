/// MIGRATE as it lies in the bytes, checked as a whole (`protocol/messages.md`, migrations).
public struct Migrate: ~Escapable {
    /// Whether nothing is to be changed.
    public let isDryRun: Bool
    /// How many migrations there are.
    public let count: Int
    let bytes: Span<UInt8>

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        let flags = try reader.readU8()
        guard flags & ~1 == 0 else { throw .reservedBits }
        isDryRun = flags & 1 != 0
        count = try reader.readCount(ofSize: 2)
        let start = reader.offset
        for _ in 0..<count {
            _ = try reader.readText()
            _ = try reader.readText()
        }
        bytes = reader.slice(start..<reader.offset)
        try reader.ignoreOptions()
    }

    /// Walks the migrations in the order in which they were sent.
    @_lifetime(copy self)
    public func makeReader() -> MigrationReader { MigrationReader(reader: ByteReader(bytes), left: count) }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        migrations: [(id: String, sql: String)], isDryRun: Bool = false
    ) {
        let frame = writer.beginFrame(.migrate, flags: flags, stream: stream, request: request)
        writer.writeU8(isDryRun ? 1 : 0)
        writer.writeVarint(migrations.count)
        for migration in migrations {
            writer.writeText(migration.id)
            writer.writeText(migration.sql)
        }
        writer.endFrame(at: frame)
    }
}

/// One migration as it lies in the bytes (`protocol/messages.md`, migrations).
public struct MigrationView: ~Escapable {
    /// Its id, with the number in front.
    public let id: Span<UInt8>
    /// Its text.
    public let sql: Span<UInt8>

    @_lifetime(copy id, copy sql)
    init(id: Span<UInt8>, sql: Span<UInt8>) {
        self.id = id
        self.sql = sql
    }
}

/// Walks the migrations of a MIGRATE (`protocol/messages.md`, migrations).
public struct MigrationReader: ~Escapable {
    var reader: ByteReader
    var left: Int

    @_lifetime(copy reader)
    init(reader: ByteReader, left: Int) {
        self.reader = reader
        self.left = left
    }

    /// The next migration, or nil behind the last.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func next() throws(DecodeError) -> MigrationView? {
        if left == 0 { return nil }
        left -= 1
        let id = try reader.readText()
        return MigrationView(id: id, sql: try reader.readText())
    }
}
