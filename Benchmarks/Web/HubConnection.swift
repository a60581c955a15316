import BenchmarkSupport
import DoSQLLoop

/// Who hears what happens on connections to the hub.
protocol HubListener: AnyObject {
    /// The WebSocket is there.
    func opened(_ connection: HubConnection)
    /// A message has come, at this time of the monotonic clock.
    func received(on connection: HubConnection, at now: UInt64)
    /// The connection cannot go on.
    func failed(_ reason: String)
}

/// A WebSocket to the server's hub, as far as a load needs one: messages are counted, pings answered.
final class HubConnection: StreamDelegate {
    /// Any will do; the server takes it off.
    private static let mask: [UInt8] = [0x5A, 0xC3, 0x96, 0x0F]

    /// How many messages have come.
    private(set) var messages = 0
    private let stream: SocketStream
    private unowned let listener: any HubListener
    private var isOpen = false
    private var isClosing = false
    /// What was received of a head or a frame that is not complete.
    private var rest: [UInt8] = []

    /// Connects to a tenant's hub, and asks for the WebSocket.
    /// - Parameter deflates: whether messages may be compressed.
    init(
        _ address: ListenAddress, tenant: String, deflates: Bool, on loop: EventLoop, listener: any HubListener
    ) throws(LoopError) {
        self.listener = listener
        stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
        stream.start(self)
        let offer = deflates ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""
        var request = Array(
            """
            GET /t/\(tenant)/connect HTTP/1.1\r
            Host: 127.0.0.1\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \(offer)\r\n
            """.utf8)
        stream.send(&request)
    }

    /// Sends a text message of less than 64 KiB.
    func send(_ text: String) { send(0x81, Array(text.utf8)) }

    func close() {
        isClosing = true
        stream.close()
    }

    private func send(_ first: UInt8, _ payload: [UInt8]) {
        var frame = [first]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        }
        frame += Self.mask
        for (index, octet) in payload.enumerated() { frame.append(octet ^ Self.mask[index & 3]) }
        stream.send(&frame)
    }

    // MARK: Receiving

    func received(_ bytes: Span<UInt8>) {
        let now = MonotonicClock.nanoseconds()
        if rest.isEmpty {
            let used = take(bytes, now)
            for index in used..<bytes.count { rest.append(bytes[index]) }
            return
        }
        for index in bytes.indices { rest.append(bytes[index]) }
        let all = rest
        rest.removeFirst(take(all.span, now))
    }

    /// Takes what is complete, and says how many bytes that was.
    private func take(_ bytes: Span<UInt8>, _ now: UInt64) -> Int {
        var used = 0
        if !isOpen {
            guard let end = headEnd(bytes) else { return 0 }
            guard bytes[9] == UInt8(ascii: "1"), bytes[10] == UInt8(ascii: "0"), bytes[11] == UInt8(ascii: "1") else {
                listener.failed("the server does not upgrade: \(text(bytes, 0..<end))")
                return bytes.count
            }
            used = end
            isOpen = true
            listener.opened(self)
        }
        while !isClosing, let frame = frame(bytes, from: used) {
            used = frame.upperBound
            switch bytes[frame.lowerBound] & 0x0F {
            case 0x1:
                messages += 1
                if isError(bytes, frame) { listener.failed(text(bytes, frame)) }
                listener.received(on: self, at: now)
            case 0x8: listener.failed("the server closes a WebSocket: \(text(bytes, frame))")
            case 0x9: send(0x8A, [])
            default: break
            }
        }
        return used
    }

    private func headEnd(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= 16 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == UInt8(ascii: "\n") && bytes[index - 1] == UInt8(ascii: "\r")
            && bytes[index - 2] == UInt8(ascii: "\n")
        {
            return index + 1
        }
        return nil
    }

    /// Where the frame that begins at `start` is, if it is complete.
    private func frame(_ bytes: Span<UInt8>, from start: Int) -> Range<Int>? {
        guard bytes.count - start >= 2 else { return nil }
        var length = Int(bytes[start + 1] & 0x7F)
        var head = 2
        if length == 126 {
            guard bytes.count - start >= 4 else { return nil }
            length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            head = 4
        } else if length == 127 {
            listener.failed("the server sends a message of more than 64 KiB")
            return nil
        }
        let end = start + head + length
        return end <= bytes.count ? start..<end : nil
    }

    /// Whether it begins as errors do. One that is compressed is a message of the channel.
    private func isError(_ bytes: Span<UInt8>, _ frame: Range<Int>) -> Bool {
        let start = frame.lowerBound + (bytes[frame.lowerBound + 1] < 126 ? 2 : 4)
        let kind = start + #"{"type":""#.utf8.count
        return kind + 1 < frame.upperBound && bytes[start] == UInt8(ascii: "{") && bytes[kind] == UInt8(ascii: "e")
            && bytes[kind + 1] == UInt8(ascii: "r")
    }

    private func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: range.map { bytes[$0] }, as: UTF8.self)
    }

    func receivedEnd() { if !isClosing { listener.failed("the server closed a WebSocket") } }

    func closed(_ reason: CloseReason) {
        if !isClosing { listener.failed("a WebSocket was closed: \(reason)") }
    }
}
