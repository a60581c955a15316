import DoSQLLoop
import Glibc

/// The other end of a connection: a blocking socket, used from the test's thread or from one of its own.
final class Peer: Sendable {
    private let number: Int32

    /// Two connected unix sockets: one for the loop, one for the test.
    static func pair() throws -> (DescriptorParcel, Peer) {
        var ends: [Int32] = [0, 0]
        let status = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        guard status == 0 else { throw LoopError("make a socket pair", code: errno) }
        return (DescriptorParcel(Descriptor(owning: ends[0])), Peer(ends[1]))
    }

    private init(_ number: Int32) {
        self.number = number
    }

    /// Connects to what a listener calls its bound address.
    init(connectingTo bound: String) throws {
        let address = try ListenAddress(parsing: bound)
        let status: Int32
        switch address {
        case .unix(let path):
            number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var raw = sockaddr_un()
            raw.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &raw.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
            status = Peer.connect(number, &raw)
        case .tcp(let host, let port) where host.contains(":"):
            number = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            unsafe inet_pton(AF_INET6, host, &raw.sin6_addr)
            status = Peer.connect(number, &raw)
        case .tcp(let host, let port):
            number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            unsafe inet_pton(AF_INET, host, &raw.sin_addr)
            status = Peer.connect(number, &raw)
        }
        guard status == 0 else { throw LoopError("connect to \(bound)", code: errno) }
    }

    deinit {
        Glibc.close(number)
    }

    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(number, $0.baseAddress! + offset, $0.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw LoopError("send", code: errno) }
            offset += count
        }
    }

    /// Waits for exactly so many bytes, or fewer if the stream ends before.
    func receive(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < count {
            let got = unsafe recv(number, &buffer, min(buffer.count, count - bytes.count), 0)
            guard got >= 0 else { throw LoopError("receive", code: errno) }
            if got == 0 { break }
            bytes += buffer[..<got]
        }
        return bytes
    }

    func receiveToEnd() throws -> [UInt8] {
        try receive(.max)
    }

    /// Says that nothing more comes; receiving goes on.
    func finishSending() {
        shutdown(number, Int32(SHUT_WR))
    }

    func finish() {
        shutdown(number, Int32(SHUT_RDWR))
    }

    /// Makes the release a reset instead of an orderly end.
    func resetWhenReleased() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    private static func connect<Address>(_ number: Int32, _ address: inout Address) -> Int32 {
        unsafe withUnsafeBytes(of: &address) {
            unsafe Glibc.connect(
                number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
    }
}
