/// What the other end did wrong, as the close frame tells it (RFC 6455, 7.1.7).
enum Violation: Error, Hashable {
    case reservedBits
    case reservedOpcode
    case unmaskedFrame
    case wastefulLength
    case fragmentedControlFrame
    case longControlFrame
    case continuationOfNothing
    case unfinishedMessage
    case shortClosePayload
    case badCloseCode
    case textNotUTF8
    case reasonNotUTF8
    case damagedCompression
    case messageTooBig
    case tooManyFragments

    var code: UInt16 {
        switch self {
        case .textNotUTF8, .reasonNotUTF8, .damagedCompression: WebSocketCloseCode.invalidPayload
        case .messageTooBig: WebSocketCloseCode.messageTooBig
        case .tooManyFragments: WebSocketCloseCode.policyViolation
        default: WebSocketCloseCode.protocolError
        }
    }

    var reason: String {
        switch self {
        case .reservedBits: "reserved bits are set"
        case .reservedOpcode: "reserved opcode"
        case .unmaskedFrame: "frame is not masked"
        case .wastefulLength: "length is not in its shortest form"
        case .fragmentedControlFrame: "control frame is fragmented"
        case .longControlFrame: "control frame is longer than 125 bytes"
        case .continuationOfNothing: "continuation without a message"
        case .unfinishedMessage: "new message inside a fragmented one"
        case .shortClosePayload: "close payload of one byte"
        case .badCloseCode: "close code is not allowed"
        case .textNotUTF8: "text is not UTF-8"
        case .reasonNotUTF8: "close reason is not UTF-8"
        case .damagedCompression: "compressed message is damaged"
        case .messageTooBig: "message is too big"
        case .tooManyFragments: "message has too many fragments"
        }
    }
}
