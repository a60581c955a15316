import DoSQLLoop

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Connections that are begun and never finished: each sends a little of a handshake, or nothing, and waits until the server
/// closes it. `dosql-strangers ADDRESS ATTEMPTS OPEN_MAX` says `done ATTEMPTS` when it has made all of them, and ends when the
/// last one is closed.
@main
enum Strangers {
    /// What each of them says, in turn: silence, parts of a preamble, of HELLO, of a request and of a TLS record.
    static let openings: [[UInt8]] = [
        [], Array("DS".utf8), Array("DSQL".utf8), Array("DSQL".utf8) + [200, 0, 0, 0, 1], Array("GET / HT".utf8),
        Array("POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 9".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
        Array("GET /connect HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhl".utf8),
    ]

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let attempts = Int(arguments[2]), let openMax = Int(arguments[3]) else {
            print("dosql-strangers ADDRESS ATTEMPTS OPEN_MAX")
            return
        }
        DescriptorLimit.raise()
        let loop = try EventLoop()
        let crowd = try Crowd(at: try ListenAddress(parsing: arguments[1]), attempts: attempts, openMax: openMax, loop)
        crowd.goOn()
        loop.run()
        crowd.end()
        loop.close()
    }
}

/// All of them: as many as may be open at a time, one more for each that the server closes.
private final class Crowd {
    private let address: ListenAddress
    private let openMax: Int
    private let loop: EventLoop
    private var left: Int
    private let attempts: Int
    private var open = 0
    private var retry: Timer?

    init(at address: ListenAddress, attempts: Int, openMax: Int, _ loop: EventLoop) throws {
        self.address = address
        self.openMax = openMax
        self.loop = loop
        self.attempts = attempts
        left = attempts
        retry = Timer(on: loop) { [unowned self] in goOn() }
    }

    func goOn() {
        while left > 0, open < openMax {
            do {
                let stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
                stream.start(Stranger(of: self, stream))
                var bytes = Strangers.openings[left % Strangers.openings.count]
                stream.send(&bytes)
            } catch {
                // Descriptors or ports are used up for the moment.
                retry?.start(after: .milliseconds(10))
                return
            }
            open += 1
            left -= 1
            guard left == 0 else { continue }
            print("done \(attempts)")
            fflush(nil)
        }
    }

    func closed() {
        open -= 1
        if left == 0 && open == 0 { return loop.stop() }
        goOn()
    }

    func end() { retry = nil }
}

private final class Stranger: StreamDelegate {
    private let crowd: Crowd
    private let stream: SocketStream

    init(of crowd: Crowd, _ stream: SocketStream) {
        self.crowd = crowd
        self.stream = stream
    }

    func received(_ bytes: Span<UInt8>) {}
    func receivedEnd() { stream.close() }
    func closed(_ reason: CloseReason) { crowd.closed() }
}
