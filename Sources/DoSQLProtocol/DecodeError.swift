/// Why bytes are not a message: what a decoder of this module throws.
///
/// Every case has the code with which a receiver answers (`protocol/errors.md`).
public enum DecodeError: Error, Hashable, Sendable {
    /// The bytes end before the message does.
    case truncated
    /// A varint has more than ten bytes or says more than 2^64−1 (`protocol/values.md`, building blocks).
    case varintOverlong
    /// A tag, kind, form or operator byte that the page does not list.
    case badTag(UInt8)
    /// A bit or byte that the page calls reserved is not zero (`protocol/README.md`, versioning promise).
    case reservedBits
    /// Bytes are left where the body must have ended.
    case trailingBytes
    /// More of something than its bound allows (`protocol/limits.md`).
    case tooMany
    /// Less or shorter than the page allows, or a number that cannot be meant.
    case outOfRange
    /// An option's tag occurs twice (`protocol/values.md`, options).
    case duplicateOption(UInt8)
    /// An option that must be understood and is not (`protocol/README.md`, versioning promise).
    case unknownCriticalOption(UInt8)
    /// A text of the message's own is not UTF-8 or holds a NUL (`protocol/values.md`, building blocks).
    case invalidText
    /// A parameter is NaN (`protocol/values.md`, SQLite values).
    case notANumber
    /// A batch refers to a step that is not before the one that refers to it (`protocol/batches.md`, references).
    case laterStep(step: Int)
    /// A type from a range that has no meaning, or one that only the other side sends (`protocol/framing.md`).
    case reservedType(UInt8)
    /// A type from the sender's range that this version does not know (`protocol/README.md`, versioning promise).
    case unknownType(UInt8)
    /// A flag on a message that does not list it (`protocol/framing.md`).
    case badFlags(UInt8)
    /// A stream on a message of the connection, or stream 0 on a message of a stream (`protocol/messages.md`).
    case badStream(UInt16)
    /// Request 0 where an id is needed, or an id where none may be (`protocol/framing.md`, request ids).
    case badRequest(UInt32)

    /// The code of the answer (`protocol/errors.md`, registry).
    public var errorCode: ErrorCode {
        switch self {
        case .truncated, .varintOverlong, .badTag, .trailingBytes, .tooMany, .outOfRange, .duplicateOption,
            .invalidText:
            .malformed
        case .reservedBits, .reservedType, .badFlags, .badStream, .badRequest:
            .protocolViolation
        case .unknownCriticalOption, .unknownType:
            .unsupported
        case .notANumber:
            .nanNotStorable
        case .laterStep:
            .batchReference
        }
    }

    /// Whether the connection closes after the answer (`protocol/framing.md`, what closes a connection).
    public var isFatal: Bool { errorCode == .protocolViolation }
}

extension DecodeError: CustomStringConvertible {
    /// What an ERROR's message says about it.
    public var description: String {
        switch self {
        case .truncated: "the message ends in the middle of a field"
        case .varintOverlong: "a varint is longer than ten bytes or beyond 2^64-1"
        case .badTag(let tag): "byte \(hex(tag)) has no meaning where it stands"
        case .reservedBits: "a reserved bit or byte is not zero"
        case .trailingBytes: "bytes are left behind the message's last field"
        case .tooMany: "more of something than its limit allows; see protocol/limits.md"
        case .outOfRange: "a number or a length is outside of what its field allows"
        case .duplicateOption(let tag): "option \(hex(tag)) occurs twice"
        case .unknownCriticalOption(let tag): "option \(hex(tag)) must be understood, and this version does not know it"
        case .invalidText: "a text is not UTF-8 or holds a NUL"
        case .notANumber: "a parameter is NaN, which SQLite cannot store"
        case .laterStep(let step): "a step refers to step \(step), which does not come before it"
        case .reservedType(let type): "message type \(hex(type)) may not be sent in this direction"
        case .unknownType(let type): "message type \(hex(type)) is not known to this version"
        case .badFlags(let flags): "flags \(hex(flags)) are not allowed on this message"
        case .badStream(let stream): "stream \(stream) is not allowed for this message"
        case .badRequest(let request): "request id \(request) is not allowed for this message"
        }
    }

    private func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "0x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }
}
