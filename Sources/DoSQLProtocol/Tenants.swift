/// TENANTS as it lies in the bytes (`protocol/messages.md`, tenants).
public struct Tenants: ~Escapable {
    /// The name behind which the list begins; empty for the start.
    public let after: Span<UInt8>
    /// How many names are wanted at most.
    public let limit: Int

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        after = try reader.readText()
        let limit = try reader.readVarint()
        guard limit >= 1, limit <= UInt64(Limits.tenantListMax) else { throw .outOfRange }
        self.limit = Int(limit)
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, request: UInt32, after: String = "", limit: Int) {
        let frame = writer.beginFrame(.tenants, request: request)
        writer.writeText(after)
        writer.writeVarint(limit)
        writer.endFrame(at: frame)
    }
}

/// TENANT_LIST (`protocol/messages.md`, tenants).
public struct TenantList: Hashable, Sendable {
    /// The names, in the order of their bytes.
    public var names: [String]
    /// Whether there are more behind the last.
    public var hasMore: Bool

    /// A list of these fields.
    public init(names: [String], hasMore: Bool) {
        self.names = names
        self.hasMore = hasMore
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        let count = try reader.readCount()
        names = []
        names.reserveCapacity(count)
        for _ in 0..<count { names.append(try reader.readString()) }
        hasMore = try reader.readBool()
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, request: UInt32) {
        let frame = writer.beginFrame(.tenantList, request: request)
        writer.writeVarint(names.count)
        for name in names { writer.writeText(name) }
        writer.writeU8(hasMore ? 1 : 0)
        writer.endFrame(at: frame)
    }
}

extension ByteReader {
    /// A byte that says no or yes.
    @inlinable
    @_lifetime(self: copy self)
    mutating func readBool() throws(DecodeError) -> Bool {
        let byte = try readU8()
        guard byte <= 1 else { throw .badTag(byte) }
        return byte == 1
    }
}
