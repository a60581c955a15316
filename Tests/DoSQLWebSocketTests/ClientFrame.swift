@testable import DoSQLWebSocket

/// Frames as a client writes them, good and bad.
enum ClientFrame {
    /// A frame with a masking key that is not zero.
    static func make(
        _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reservedBits: UInt8 = 0, isMasked: Bool = true
    ) -> [UInt8] {
        var frame = [(isFinal ? 0x80 : 0) | reservedBits << 4 | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case 0...125: frame.append(mask | UInt8(payload.count))
        case 126...0xFFFF: frame += [mask | 126] + bigEndian(payload.count, bytes: 2)
        default: frame += [mask | 127] + bigEndian(payload.count, bytes: 8)
        }
        guard isMasked else { return frame + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return frame + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] { make(0x1, Array(text.utf8), isFinal: isFinal) }
    static func rest(_ payload: [UInt8], isFinal: Bool = true) -> [UInt8] { make(0x0, payload, isFinal: isFinal) }
    static func close(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
        make(0x8, bigEndian(code, bytes: 2) + reason)
    }

    static func bigEndian(_ number: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}

extension WebSocketMachine {
    /// All events of `bytes`, received in parts of `cut` bytes.
    func events(of bytes: [UInt8], cut: Int = .max) -> [WebSocketEvent] {
        var events: [WebSocketEvent] = []
        var rest = bytes.span
        repeat {
            let part = rest.extracting(first: cut)
            rest = rest.extracting(droppingFirst: part.count)
            receive(part)
            while let event = next() { events.append(event) }
        } while !rest.isEmpty
        return events
    }
}

extension WebSocketEvent {
    /// The code of a `closed`.
    var closeCode: UInt16? {
        if case .closed(let code, _) = self { code } else { nil }
    }
}

/// Closes that answer a client's: `88`, the length, the code.
func closeFrame(_ code: Int) -> [UInt8] { [0x88, 2] + ClientFrame.bigEndian(code, bytes: 2) }
