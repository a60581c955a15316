import Glibc

/// A bound and listening socket, and the file it may have made.
///
/// Ownership: closes the descriptor and removes the file in `deinit`.
struct ListeningSocket: ~Copyable {
    let descriptor: Descriptor
    let boundAddress: String
    private let file: SocketFile?

    static func open(_ address: ListenAddress, backlog: Int32) throws(LoopError) -> ListeningSocket {
        let socket = try bound(to: address)
        guard listen(socket.descriptor.rawValue, backlog) == 0 else {
            throw LoopError(failed: "listen on \(address)", hint: hint(errno))
        }
        return socket
    }

    private static func bound(to address: ListenAddress) throws(LoopError) -> ListeningSocket {
        switch address {
        case .tcp(let host, let port):
            let socket = try bindFirst(of: SocketAddress.resolve(host: host, port: port), as: address)
            return ListeningSocket(socket, file: nil, as: address)
        case .unix(let path):
            let socket = try Descriptor(socketOf: AF_UNIX)
            let file = try SocketFile(binding: socket.rawValue, to: path)
            return ListeningSocket(socket, file: file, as: address)
        }
    }

    private init(_ descriptor: consuming Descriptor, file: SocketFile?, as address: ListenAddress) {
        boundAddress = SocketAddress.local(of: descriptor.rawValue)?.description ?? address.description
        self.file = file
        self.descriptor = descriptor
    }

    deinit {
        file?.remove()
    }

    private static func bindFirst(of found: [SocketAddress], as address: ListenAddress) throws(LoopError) -> Descriptor
    {
        var failure = LoopError("resolve \(address)", code: EADDRNOTAVAIL)
        for candidate in found {
            do throws(LoopError) {
                let socket = try Descriptor(socketOf: candidate.family)
                try bind(socket.rawValue, to: candidate, as: address)
                return socket
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func bind(_ socket: Int32, to candidate: SocketAddress, as address: ListenAddress) throws(LoopError)
    {
        // Connections of a former process that linger in TIME_WAIT must not keep its successor from starting.
        set(SO_REUSEADDR, of: SOL_SOCKET, on: socket)
        // What is written is what is listened on: `[::]` and `0.0.0.0` can stand side by side.
        if candidate.family == AF_INET6 { set(IPV6_V6ONLY, of: Int32(IPPROTO_IPV6), on: socket) }
        let status = unsafe candidate.lend { unsafe Glibc.bind(socket, $0, $1) }
        guard status == 0 else { throw LoopError(failed: "bind \(address)", hint: hint(errno)) }
    }

    private static func set(_ option: Int32, of level: Int32, on socket: Int32) {
        var yes: Int32 = 1
        unsafe setsockopt(socket, level, option, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func hint(_ code: Int32) -> String? {
        switch code {
        case EADDRINUSE: "another process listens there: stop it or choose another port"
        case EACCES: "ports below 1024 need a privilege: choose another port"
        case EADDRNOTAVAIL: "this machine does not have that address: 0.0.0.0 stands for all it has"
        default: nil
        }
    }
}
