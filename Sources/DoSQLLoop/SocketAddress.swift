internal import CLibuv
import Glibc

/// An address in the system's form, TCP or unix.
struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    var family: Int32 { Int32(storage.ss_family) }

    /// The address of this end of a socket.
    static func local(of descriptor: Int32) -> SocketAddress? {
        var address = SocketAddress()
        let status = unsafe address.fill { unsafe getsockname(descriptor, $0, $1) }
        return status == 0 ? address : nil
    }

    /// The address of the other end of a socket.
    static func peer(of descriptor: Int32) -> SocketAddress? {
        var address = SocketAddress()
        let status = unsafe address.fill { unsafe getpeername(descriptor, $0, $1) }
        return status == 0 ? address : nil
    }

    /// The addresses of a host name or number, IPv4 before IPv6. Blocks while a name server is asked.
    static func resolve(host: String, port: UInt16) throws(LoopError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var first: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &first)
        guard status == 0 else {
            let reason = unsafe String(cString: gai_strerror(status))
            throw LoopError("resolve \(host)", code: status == EAI_SYSTEM ? errno : EADDRNOTAVAIL, hint: reason)
        }
        defer { unsafe freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = unsafe first
        while let info = unsafe next {
            var address = SocketAddress()
            address.length = unsafe info.pointee.ai_addrlen
            unsafe withUnsafeMutableBytes(of: &address.storage) { storage in
                unsafe storage.copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: info.pointee.ai_addr, count: Int(info.pointee.ai_addrlen)))
            }
            found.append(address)
            unsafe next = info.pointee.ai_next
        }
        return found.filter { $0.family == AF_INET } + found.filter { $0.family == AF_INET6 }
    }

    private init() {}

    /// The address of a socket file, whose path must have been checked to fit.
    init(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        precondition(bytes.count <= ListenAddress.pathSizeMax, "A socket path was not checked before its use")
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        unsafe withUnsafeMutableBytes(of: &storage) { storage in
            unsafe withUnsafeBytes(of: &address) { unsafe storage.copyMemory(from: $0) }
        }
        length = socklen_t(MemoryLayout<sockaddr_un>.size)
    }

    /// Lends the address to a system call.
    func lend<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { bytes in
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
    }

    /// Whoever it belongs to.
    var sender: PeerAddress {
        unsafe withUnsafeBytes(of: storage) { bytes in
            switch family {
            case AF_INET:
                let start = MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)!
                return unsafe PeerAddress([UInt8](bytes[start..<(start + 4)]))
            case AF_INET6:
                let start = MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr)!
                return unsafe PeerAddress([UInt8](bytes[start..<(start + 16)]))
            default:
                return PeerAddress(high: 0, low: 0, isOwnMachine: true)
            }
        }
    }

    private mutating func fill(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32)
        -> Int32
    {
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:3775`, `[::1]:3775`, `unix:/path`, or `unix` for an end without a name.
    var description: String {
        guard family != AF_UNIX else { return path.isEmpty ? "unix" : "unix:\(path)" }
        var host = [CChar](repeating: 0, count: 64)
        var port = [CChar](repeating: 0, count: 8)
        let status = unsafe lend { address, length in
            unsafe getnameinfo(
                address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
        guard status == 0 else { return "unknown" }
        let name = Self.text(host)
        return family == AF_INET6 ? "[\(name)]:\(Self.text(port))" : "\(name):\(Self.text(port))"
    }

    private var path: String {
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        return unsafe withUnsafeBytes(of: storage) { bytes in
            unsafe String(
                decoding: bytes[offset...].prefix(while: { $0 != 0 }).prefix(max(0, Int(length) - offset)),
                as: UTF8.self)
        }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(while: { $0 != 0 }).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
