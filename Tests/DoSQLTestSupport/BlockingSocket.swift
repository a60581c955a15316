import DoSQLLoop
public import DoSQLTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A client's socket whose every wait has an end, so that a server that hangs fails the test instead of hanging it.
public final class BlockingSocket {
    private var number: Int32
    /// What came while sending waited.
    private var early: [UInt8] = []
    private var isAtEnd = false
    /// Whether what comes is taken in while sending waits; a test of a client that does not read turns it off.
    public var readsWhileSending = true

    /// The session where TLS is spoken.
    private var tls: TLSSession?

    /// Connects to what a server calls its address: `127.0.0.1:3775`, `[::1]:3775` or `unix:/path`; with `tls:` in front of
    /// it, TLS is spoken, as ``TestCertificates`` has it.
    public convenience init(connectingTo address: String, receiveBuffer: Int? = nil) throws {
        let isSecure = address.hasPrefix("tls:")
        try self.init(plainTo: isSecure ? String(address.dropFirst(4)) : address, receiveBuffer: receiveBuffer)
        if isSecure { try secure(with: TestCertificates.client()) }
    }

    private init(plainTo address: String, receiveBuffer: Int?) throws {
        let status: Int32
        switch try ListenAddress(parsing: address) {
        case .unix(let path):
            number = Self.open(AF_UNIX, receiveBuffer)
            var raw = sockaddr_un()
            raw.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &raw.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
            status = Self.connect(number, &raw)
        case .tcp(let host, let port) where host.contains(":"):
            number = Self.open(AF_INET6, receiveBuffer)
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            unsafe inet_pton(AF_INET6, host, &raw.sin6_addr)
            status = Self.connect(number, &raw)
        case .tcp(let host, let port):
            number = Self.open(AF_INET, receiveBuffer)
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            unsafe inet_pton(AF_INET, host, &raw.sin_addr)
            status = Self.connect(number, &raw)
        }
        guard status == 0 else {
            let code = errno
            close()
            throw LoopError("connect to \(address)", code: code)
        }
        var one: Int32 = 1
        unsafe setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        let flags = fcntl(number, F_GETFL)
        _ = fcntl(number, F_SETFL, flags | O_NONBLOCK)
    }

    deinit { close() }

    /// Speaks TLS from now on: does the handshake.
    public func secure(with context: TLSClientContext, serverName: String = "localhost") throws {
        let session = try context.makeSession(serverName: serverName)
        var hello: [UInt8] = []
        session.begin(into: &hello)
        try transmit(hello, Deadline.patience)
        tls = session
        let deadline = Deadline()
        while !session.isEstablished {
            guard try wait(for: POLLIN, deadline) != 0 else { throw TestSupportError("no TLS handshake in time") }
            early += try available()
            if isAtEnd && !session.isEstablished { throw TestSupportError("the server ended the TLS handshake") }
        }
    }

    /// The certificate that the server has shown, in DER.
    public var peerCertificate: [UInt8]? { tls?.peerCertificate }

    /// Whether the peer has said in TLS that it sends no more.
    public var wasClosedOrderly: Bool { tls?.peerHasEnded ?? false }

    /// Says in TLS that no more comes.
    public func closeNotify() throws {
        var bytes: [UInt8] = []
        tls?.close(into: &bytes)
        try transmit(bytes, Deadline.patience)
    }

    /// Sends all of `bytes`.
    public func send(_ bytes: [UInt8], patience: Duration = Deadline.patience) throws {
        guard let tls else { return try transmit(bytes, patience) }
        var sealed: [UInt8] = []
        try tls.send(bytes.span, into: &sealed)
        try transmit(sealed, patience)
    }

    /// Sends bytes as they stand, whatever is spoken.
    public func transmit(_ bytes: [UInt8], _ patience: Duration) throws {
        let deadline = Deadline(in: patience)
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe systemSend(number, $0.baseAddress! + offset, $0.count - offset)
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN || errno == EINTR {
                let ready = try wait(for: readsWhileSending && !isAtEnd ? POLLOUT | POLLIN : POLLOUT, deadline)
                guard ready != 0 else { throw TestSupportError("the server takes no more bytes") }
                if readsWhileSending, ready & Int16(POLLIN) != 0 { early += try available() }
            } else {
                throw LoopError("send", code: errno)
            }
        }
    }

    /// Sends as many of `bytes` as the system takes without waiting, and says how many these were.
    public func sendWhatFits(_ bytes: [UInt8]) throws -> Int {
        let count = unsafe bytes.withUnsafeBytes { unsafe systemSend(number, $0.baseAddress!, $0.count) }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw LoopError("send", code: errno) }
        return 0
    }

    /// Waits for some bytes; none if the stream has ended.
    public func receive(_ deadline: Deadline) throws -> [UInt8] {
        if !early.isEmpty {
            let bytes = early
            early = []
            return bytes
        }
        while !isAtEnd {
            guard try wait(for: POLLIN, deadline) != 0 else {
                throw TestSupportError("the server sent nothing in time")
            }
            let bytes = try available()
            if !bytes.isEmpty { return bytes }
        }
        return []
    }

    /// Whether bytes, or the stream's end, come within `patience`.
    public func hasInput(within patience: Duration) throws -> Bool {
        if !early.isEmpty || isAtEnd { return true }
        return try wait(for: POLLIN, Deadline(in: patience)) != 0
    }

    /// Says that nothing more comes; receiving goes on.
    public func finishSending() { _ = shutdown(number, Int32(SHUT_WR)) }

    /// Ends the connection in an orderly way.
    public func close() {
        guard number >= 0 else { return }
        #if canImport(Glibc)
        _ = Glibc.close(number)
        #else
        _ = Darwin.close(number)
        #endif
        number = -1
    }

    /// Ends the connection with a reset, as a machine does that lost its memory.
    public func reset() {
        guard number >= 0 else { return }
        var linger = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// The events that are there; 0 if the time is over.
    private func wait(for events: some BinaryInteger, _ deadline: Deadline) throws -> Int16 {
        while true {
            var request = pollfd(fd: number, events: Int16(events), revents: 0)
            let count = unsafe poll(&request, 1, deadline.milliseconds)
            if count > 0 { return request.revents }
            if count == 0 { return 0 }
            guard errno == EINTR else { throw LoopError("poll", code: errno) }
        }
    }

    private func available() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe recv(number, &buffer, buffer.count, 0)
        if count > 0 {
            let came = Array(buffer[..<count])
            guard let tls else { return came }
            var (plain, answer): ([UInt8], [UInt8]) = ([], [])
            defer {
                if !answer.isEmpty { _ = try? sendWhatFits(answer) }
            }
            try tls.receive(came.span, into: &plain, answering: &answer)
            if tls.peerHasEnded { isAtEnd = true }
            return plain
        }
        if count == 0 {
            isAtEnd = true
            return []
        }
        if errno == EAGAIN || errno == EINTR { return [] }
        throw LoopError("receive", code: errno)
    }

    private static func open(_ family: Int32, _ receiveBuffer: Int?) -> Int32 {
        #if canImport(Glibc)
        let number = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        #else
        let number = socket(family, SOCK_STREAM, 0)
        #endif
        if let receiveBuffer {
            // Before connecting, since the window is agreed then.
            var size = Int32(receiveBuffer)
            unsafe setsockopt(number, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        return number
    }

    private static func connect<Address>(_ number: Int32, _ address: inout Address) -> Int32 {
        unsafe withUnsafeBytes(of: &address) {
            let raw = unsafe $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            #if canImport(Glibc)
            return unsafe Glibc.connect(number, raw, socklen_t($0.count))
            #else
            return unsafe Darwin.connect(number, raw, socklen_t($0.count))
            #endif
        }
    }
}

private func systemSend(_ number: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Glibc)
    unsafe Glibc.send(number, bytes, count, Int32(MSG_NOSIGNAL))
    #else
    unsafe Darwin.send(number, bytes, count, 0)
    #endif
}
