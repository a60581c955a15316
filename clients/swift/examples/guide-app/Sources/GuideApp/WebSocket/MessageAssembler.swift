import NIOCore
import NIOWebSocket

/// Makes messages of a client's frames, and finds what RFC 6455 does not allow. Pure: frames in, what they mean out.
struct MessageAssembler {
    /// What a frame means.
    enum Meaning: Equatable {
        /// A part of a message, or a pong.
        case nothing
        /// A message is complete.
        case message(String)
        /// To be answered with a pong of the same bytes.
        case ping(ByteBuffer)
        /// The client says good-bye, with or without a code.
        case close(WebSocketErrorCode?)
        /// To be answered by closing with this code.
        case failure(WebSocketErrorCode, String)
    }

    let messageMax: Int
    /// The message whose first frames were there.
    private var begun: ByteBuffer?

    init(messageMax: Int) { self.messageMax = messageMax }

    /// Takes the next frame.
    mutating func take(_ frame: WebSocketFrame) -> Meaning {
        // RFC 6455, 5.1: a client masks. 5.2: reserved bits belong to extensions, and none was agreed on.
        guard frame.maskKey != nil else { return .failure(.protocolError, "A frame is not masked") }
        guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .failure(.protocolError, "A reserved bit is set") }
        let data = frame.unmaskedData

        switch frame.opcode {
        case .ping: return .ping(data)
        case .pong: return .nothing
        case .connectionClose: return close(data)
        case .binary: return .failure(.unacceptableData, "JSON is text")
        case .text:
            guard begun == nil else { return .failure(.protocolError, "A message begins inside of another") }
            begun = ByteBuffer()
            return append(data, isLast: frame.fin)
        case .continuation:
            guard begun != nil else { return .failure(.protocolError, "There is no message to continue") }
            return append(data, isLast: frame.fin)
        default: return .failure(.protocolError, "An unknown opcode")
        }
    }

    private mutating func append(_ data: ByteBuffer, isLast: Bool) -> Meaning {
        var data = data
        begun?.writeBuffer(&data)
        guard let message = begun, message.readableBytes <= messageMax else {
            return .failure(.messageTooLarge, "The message is too long")
        }
        guard isLast else { return .nothing }
        begun = nil
        guard let text = String(validating: message.readableBytesView, as: UTF8.self) else {
            return .failure(.dataInconsistentWithMessage, "The message is not UTF-8")
        }
        return .message(text)
    }

    /// RFC 6455, 5.5.1 and 7.4: nothing, or a code of those that may be sent and a reason in UTF-8.
    private func close(_ data: ByteBuffer) -> Meaning {
        var data = data
        if data.readableBytes == 0 { return .close(nil) }
        guard let code = data.readInteger(as: UInt16.self), Self.mayBeSent(code) else {
            return .failure(.protocolError, "Not a code to close with")
        }
        guard String(validating: data.readableBytesView, as: UTF8.self) != nil else {
            return .failure(.dataInconsistentWithMessage, "The reason is not UTF-8")
        }
        return .close(WebSocketErrorCode(codeNumber: Int(code)))
    }

    private static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
