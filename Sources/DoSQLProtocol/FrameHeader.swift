/// The flags of a frame (`protocol/framing.md`, frame).
public struct FrameFlags: OptionSet, Hashable, Sendable {
    /// The bits as they are sent.
    public let rawValue: UInt8

    /// Flags from bits as they were sent; unlisted ones are kept, so that they can be refused.
    @inlinable
    @inline(always)
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// END: the last rows of a load.
    public static var end: FrameFlags { FrameFlags(rawValue: 0x01) }
    /// DEPENDS: not to be run if the request before it on its stream failed or was skipped.
    public static var depends: FrameFlags { FrameFlags(rawValue: 0x02) }
}

/// The twelve bytes in front of every body (`protocol/framing.md`, frame).
public struct FrameHeader: Hashable, Sendable {
    /// The size of a header in bytes.
    @inlinable
    @inline(always)
    public static var size: Int { 12 }

    /// How many bytes of body follow.
    public var length: UInt32
    /// The number of the message; see `MessageType`.
    public var type: UInt8
    /// The flags, also those this version does not list.
    public var flags: FrameFlags
    /// 0 for the connection itself, else the stream.
    public var stream: UInt16
    /// The request the frame belongs to.
    public var request: UInt32

    /// A header of these fields.
    @inlinable
    @inline(always)
    public init(length: UInt32, type: UInt8, flags: FrameFlags, stream: UInt16, request: UInt32) {
        self.length = length
        self.type = type
        self.flags = flags
        self.stream = stream
        self.request = request
    }

    /// Reads the header at `offset`; the caller has made sure that twelve bytes are there.
    @inlinable
    @inline(always)
    public init(decoding bytes: Span<UInt8>, at offset: Int = 0) {
        let low = bytes.littleEndianU32(at: offset &+ 4)
        length = bytes.littleEndianU32(at: offset)
        type = UInt8(truncatingIfNeeded: low)
        flags = FrameFlags(rawValue: UInt8(truncatingIfNeeded: low &>> 8))
        stream = UInt16(truncatingIfNeeded: low &>> 16)
        request = bytes.littleEndianU32(at: offset &+ 8)
    }

    /// Writes the twelve bytes.
    @inlinable
    @inline(always)
    public func encode(into writer: inout ByteWriter) {
        writer.bytes.append(addingCapacity: FrameHeader.size) { output in output.append(self) }
    }

    /// The message, if this version knows its number.
    @inlinable
    public var message: MessageType? { MessageType(rawValue: type) }

    /// Checks type, flags, stream and request against the tables of the pages, and names the message.
    @inlinable
    public func validate(sentBy sender: Peer) throws(DecodeError) -> MessageType {
        guard sender.typeRange.contains(type) else { throw .reservedType(type) }
        guard let message = MessageType(rawValue: type) else { throw .unknownType(type) }
        guard flags.isSubset(of: message.allowedFlags) else { throw .badFlags(flags.rawValue) }
        switch message.streamRule {
        case .connection: guard stream == 0 else { throw .badStream(stream) }
        case .stream: guard stream != 0 else { throw .badStream(stream) }
        case .either: break
        }
        switch message.requestRule {
        case .nonzero: guard request != 0 else { throw .badRequest(request) }
        case .zero: guard request == 0 else { throw .badRequest(request) }
        case .either: break
        }
        return message
    }
}
