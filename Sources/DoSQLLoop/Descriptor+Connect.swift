import Glibc

extension Descriptor {
    /// A connection to a listening address; waits until it is made. For load generators and tools, before their loop
    /// runs.
    public static func connected(to address: ListenAddress) throws(LoopError) -> Descriptor {
        switch address {
        case .unix(let path):
            let socket = try Descriptor(blockingSocketOf: AF_UNIX)
            try connect(socket.rawValue, to: SocketAddress(path: path), as: address)
            return socket
        case .tcp(let host, let port):
            var failure = LoopError("resolve \(address)", code: EADDRNOTAVAIL)
            for candidate in try SocketAddress.resolve(host: host, port: port) {
                do throws(LoopError) {
                    let socket = try Descriptor(blockingSocketOf: candidate.family)
                    try connect(socket.rawValue, to: candidate, as: address)
                    return socket
                } catch {
                    failure = error
                }
            }
            throw failure
        }
    }

    private init(blockingSocketOf family: Int32) throws(LoopError) {
        let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw LoopError(failed: "make a socket") }
        self.init(owning: number)
    }

    private static func connect(_ number: Int32, to candidate: SocketAddress, as address: ListenAddress)
        throws(LoopError)
    {
        let status = unsafe candidate.lend { pointer, length in unsafe Glibc.connect(number, pointer, length) }
        guard status == 0 else { throw LoopError(failed: "connect to \(address)") }
        // A stream on a loop must never block it.
        let flags = fcntl(number, F_GETFL)
        guard fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0 else { throw LoopError(failed: "connect to \(address)") }
    }
}
