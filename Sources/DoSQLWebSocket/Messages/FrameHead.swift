internal import NIOCore
internal import NIOWebSocket

/// The first bytes of a frame (RFC 6455, 5.2), read ahead of the decoder.
///
/// The library hands out whole frames, and leaves most rules to its user. A frame may be long and slow: what is wrong
/// with it can be known from its head, and its text can be checked as it comes.
struct FrameHead {
    /// Bytes that every frame begins with.
    static let sizeMin = 2

    private let first: UInt8
    private let second: UInt8
    /// What the payload is masked with, once `complete` has found it.
    private(set) var maskingKey: WebSocketMaskingKey?
    /// The payload's length, once `complete` has found it.
    private(set) var length: UInt64 = 0

    /// Looks at the front of the input; nil if it is shorter than `sizeMin`.
    init?(_ input: ByteBuffer) {
        guard let first = input.getInteger(at: input.readerIndex, as: UInt8.self),
            let second = input.getInteger(at: input.readerIndex + 1, as: UInt8.self)
        else { return nil }
        self.first = first
        self.second = second
    }

    /// Takes the length, whose form must be the shortest, and the masking key, where the whole head is there.
    mutating func complete(from input: ByteBuffer) throws(Violation) -> Bool {
        let start = input.readerIndex + Self.sizeMin
        let lengthSize: Int
        switch second & 0x7F {
        case 126:
            guard let length = input.getInteger(at: start, as: UInt16.self) else { return false }
            guard length > 125 else { throw .wastefulLength }
            self.length = UInt64(length)
            lengthSize = 2
        case 127:
            guard let length = input.getInteger(at: start, as: UInt64.self) else { return false }
            guard length > UInt16.max else { throw .wastefulLength }
            self.length = length
            lengthSize = 8
        default:
            length = UInt64(second & 0x7F)
            lengthSize = 0
        }
        guard let key = input.getBytes(at: start + lengthSize, length: 4) else { return false }
        maskingKey = WebSocketMaskingKey(key)
        return true
    }

    var opcode: WebSocketOpcode? { WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F) }
    var isFinal: Bool { first & 0x80 != 0 }
    var isCompressed: Bool { first & 0x40 != 0 }
    var isControl: Bool { first & 0x08 != 0 }

    /// Checks what two bytes tell. `hasMessage`: a fragmented message is under way. `mayCompress`: permessage-deflate
    /// was agreed, so that the first bit says that a message is compressed (RFC 7692, section 6).
    func check(hasMessage: Bool, mayCompress: Bool) throws(Violation) {
        guard first & 0x30 == 0 else { throw .reservedBits }
        switch opcode {
        case .continuation:
            if isCompressed { throw .reservedBits }
            if !hasMessage { throw .continuationOfNothing }
        case .text, .binary:
            if isCompressed && !mayCompress { throw .reservedBits }
            if hasMessage { throw .unfinishedMessage }
        case .ping, .pong, .connectionClose:
            if isCompressed { throw .reservedBits }
            if !isFinal { throw .fragmentedControlFrame }
            if second & 0x7F > UInt8(WebSocketLimits.controlBytesMax) { throw .longControlFrame }
        default: throw .reservedOpcode
        }
        guard second & 0x80 != 0 else { throw .unmaskedFrame }
    }
}
