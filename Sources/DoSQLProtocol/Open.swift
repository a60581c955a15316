/// OPEN as it lies in the bytes (`protocol/messages.md`, streams).
public struct Open: ~Escapable {
    /// The tenant's name. Whether it is a valid one is told by `TenantNameRule.isValid`, since that has a code of its own.
    public let tenant: Span<UInt8>
    /// Whether writes are to be refused.
    public let isReadOnly: Bool
    /// Whether the tenant may be created, if the server does so.
    public let mayCreate: Bool

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        tenant = try reader.readText()
        isReadOnly = try reader.readBool()
        var mayCreate = true
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01:
                let value = try option.varint()
                guard value <= 1 else { throw .outOfRange }
                mayCreate = value == 1
            default: try option.ignore()
            }
        }
        self.mayCreate = mayCreate
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [], tenant: String,
        isReadOnly: Bool = false, mayCreate: Bool = true
    ) {
        let frame = writer.beginFrame(.open, flags: flags, stream: stream, request: request)
        encodeBody(into: &writer, tenant: tenant, isReadOnly: isReadOnly, mayCreate: mayCreate)
        writer.endFrame(at: frame)
    }

    /// Writes the body alone.
    public static func encodeBody(
        into writer: inout ByteWriter, tenant: String, isReadOnly: Bool = false, mayCreate: Bool = true
    ) {
        writer.writeText(tenant)
        writer.writeU8(isReadOnly ? 1 : 0)
        if !mayCreate { writer.writeOption(0x01, varint: 0) }
    }
}

/// The rule for tenants' names (`protocol/messages.md`, streams).
public enum TenantNameRule {
    /// Whether `name` has 1 to 128 bytes of `A-Z a-z 0-9 . _ : -` and begins with a letter or digit.
    public static func isValid(_ name: Span<UInt8>) -> Bool {
        guard name.count >= 1, name.count <= Limits.tenantNameMax, isLetterOrDigit(name[0]) else { return false }
        for index in 1..<name.count {
            switch name[index] {
            case 0x2E, 0x5F, 0x3A, 0x2D: continue
            case let byte where isLetterOrDigit(byte): continue
            default: return false
            }
        }
        return true
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
