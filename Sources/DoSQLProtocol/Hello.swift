/// HELLO as it lies in the bytes (`protocol/handshake.md`, HELLO).
public struct Hello: ~Escapable {
    /// The lowest version the client speaks.
    public let versionMin: UInt16
    /// The highest version the client speaks.
    public let versionMax: UInt16
    /// The features it asks for.
    public let features: FeatureSet
    /// The longest body it accepts.
    public let frameMax: UInt64
    /// Its name and version.
    public let client: Span<UInt8>
    /// Its token, if it has one.
    public let token: Span<UInt8>?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        versionMin = try reader.readU16()
        versionMax = try reader.readU16()
        features = FeatureSet(rawValue: try reader.readU64())
        frameMax = try reader.readVarint()
        guard frameMax >= UInt64(Limits.frameMaxLeast) else { throw .outOfRange }
        client = try reader.readText()
        guard client.count <= Limits.clientNameMax else { throw .tooMany }
        var token: Span<UInt8>?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01:
                guard option.bytes.count <= Limits.tokenMax else { throw .tooMany }
                token = option.bytes
            default: try option.ignore()
            }
        }
        self.token = token
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, request: UInt32, versionMin: UInt16 = ProtocolVersion.min,
        versionMax: UInt16 = ProtocolVersion.max, features: FeatureSet = [],
        frameMax: UInt64 = UInt64(Limits.frameMax), client: String, token: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(.hello, request: request)
        writer.writeU16(versionMin)
        writer.writeU16(versionMax)
        writer.writeU64(features.rawValue)
        writer.writeVarint(frameMax)
        writer.writeText(client)
        if let token { writer.writeOption(0x01, bytes: token) }
        writer.endFrame(at: frame)
    }
}
