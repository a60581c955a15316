/// HELLO_OK (`protocol/handshake.md`).
public struct HelloOK: Hashable, Sendable {
    /// The version that is spoken from here on.
    public var version: UInt16
    /// The features granted.
    public var features: FeatureSet
    /// The longest body the server accepts.
    public var frameMax: UInt64
    /// New at every start of the server.
    public var serverID: Identity
    /// The server's name and version.
    public var server: String
    /// The bounds a client meets.
    public var limits: [Limit]
    /// How the server's log names this connection; a request of it is named by that, a full stop and its number.
    public var connection: String?

    /// An answer of these fields.
    public init(
        version: UInt16 = ProtocolVersion.max, features: FeatureSet = [], frameMax: UInt64 = UInt64(Limits.frameMax),
        serverID: Identity, server: String, limits: [Limit] = Limits.told, connection: String? = nil
    ) {
        self.connection = connection
        self.version = version
        self.features = features
        self.frameMax = frameMax
        self.serverID = serverID
        self.server = server
        self.limits = limits
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        version = try reader.readU16()
        features = FeatureSet(rawValue: try reader.readU64())
        frameMax = try reader.readVarint()
        serverID = Identity(low: try reader.readU64(), high: try reader.readU64())
        server = try reader.readString()
        let count = try reader.readCount(ofSize: 2)
        limits = []
        limits.reserveCapacity(count)
        for _ in 0..<count {
            limits.append(Limit(name: try reader.readString(), value: try reader.readVarint()))
        }
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: connection = try option.string()
            default: try option.ignore()
            }
        }
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, request: UInt32) {
        let frame = writer.beginFrame(.helloOK, request: request)
        writer.writeU16(version)
        writer.writeU64(features.rawValue)
        writer.writeVarint(frameMax)
        serverID.encode(into: &writer)
        writer.writeText(server)
        writer.writeVarint(limits.count)
        for limit in limits {
            writer.writeText(limit.name)
            writer.writeVarint(limit.value)
        }
        if let connection { writer.writeOption(0x01, text: connection) }
        writer.endFrame(at: frame)
    }

    /// The told bound of this name, if it was told.
    public func limit(_ name: String) -> UInt64? { limits.first { $0.name == name }?.value }
}
