import FoundationEssentials
import Synchronization

#if canImport(Glibc)
public import Glibc
#elseif canImport(Darwin)
public import Darwin
#endif

/// The real `dosql serve` as a child process, for what only a process can show: being killed, its memory, its exit.
public final class TestServerProcess: Sendable {
    /// Where its data is. A folder given at start outlives the process, so that another one can go on there.
    public let folder: TemporaryFolder
    /// Its process id.
    public let pid: pid_t
    /// Where it listens.
    public let address: String
    /// The same, to be spoken to in TLS.
    public var secureAddress: String { "tls:\(address)" }
    private let output: LineReader
    private let isReaped = Mutex(false)

    /// Starts a server and waits until it listens. `flags` are those of `dosql serve` beyond `--listen` and `--data`.
    ///
    /// A test that the machine stops for seconds is no client that left its transaction alone: that bound is long unless
    /// a flag shortens it.
    /// `errors`: a file for its log.
    public convenience init(
        folder: TemporaryFolder? = nil, flags: [String] = [], errors: String? = nil
    ) throws {
        try self.init(
            product: "dosql", command: ["serve"], folder: folder, flags: ["--transaction-idle", "60000"] + flags,
            errors: errors)
    }

    /// Starts another product that is a server and has these flags.
    public init(
        product: String, command: [String] = [], folder: TemporaryFolder? = nil, flags: [String] = [],
        errors: String? = nil
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        let child = try ChildProcess(
            product, command + ["--listen", "127.0.0.1:0", "--data", folder.path(of: "data")] + flags,
            errors: errors)
        pid = child.pid
        output = child.output
        do {
            address = try child.output.line(after: "listening on ")
        } catch {
            _ = systemKill(child.pid, SIGKILL)
            _ = ChildProcess.reap(child.pid, Deadline())
            throw error
        }
    }

    deinit { kill() }

    /// A client behind HELLO; with a tenant, stream 1 is open on it.
    public func client(_ tenant: String? = nil) throws -> WireClient {
        let client = try WireClient(connectingTo: address, server: self)
        try client.hello()
        if let tenant { try client.open(tenant) }
        return client
    }

    /// A client that speaks HTTP; with a tenant, every request names it.
    public func http(_ tenant: String? = nil, receiveBuffer: Int? = nil) throws -> HTTPClient {
        let client = try HTTPClient(connectingTo: address, receiveBuffer: receiveBuffer, server: self)
        if let tenant { client.headers = [("X-Tenant-ID", tenant)] }
        return client
    }

    /// A client of the hub, connected to a tenant.
    public func webSocket(_ tenant: String, receiveBuffer: Int? = nil) throws -> WebSocketClient {
        try WebSocketClient(
            connectingTo: address, path: "/t/\(tenant)/connect", receiveBuffer: receiveBuffer, server: self)
    }

    /// Ends it with SIGKILL, in the middle of whatever it does, and waits until it is gone.
    public func kill() {
        isReaped.withLock { isReaped in
            guard !isReaped else { return }
            _ = systemKill(pid, SIGKILL)
            isReaped = ChildProcess.reap(pid, Deadline()) != nil
        }
    }

    /// Sends a signal and waits for nothing.
    public func signal(_ number: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { _ = systemKill(pid, number) }
        }
    }

    /// Asks it with SIGTERM to stop and waits for it; gives the exit status, nil if it did not end in time or by itself.
    @discardableResult
    public func terminate() -> Int32? {
        signal(SIGTERM)
        return waitForExit()
    }

    /// Waits until it has ended; gives the exit status, nil if it did not end in time or by itself.
    public func waitForExit() -> Int32? {
        isReaped.withLock { isReaped in
            guard !isReaped, let status = ChildProcess.reap(pid, Deadline()) else { return nil }
            isReaped = true
            return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
        }
    }

    /// Waits for the next line of its output that begins with `prefix` and gives the rest of it.
    public func outputLine(after prefix: String) throws -> String { try output.line(after: prefix) }

    /// Bytes of memory that are resident; nil where `/proc` does not tell.
    public var residentMemory: Int? { statusField("VmRSS:").map { $0 * 1024 } }

    /// The most bytes of memory that ever were; nil where `/proc` does not tell.
    public var residentMemoryPeak: Int? { statusField("VmHWM:").map { $0 * 1024 } }

    /// How many descriptors are open; nil where `/proc` does not tell.
    public var descriptorCount: Int? { try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }

    private func statusField(_ name: String) -> Int? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }
    }
}

private func systemKill(_ pid: pid_t, _ signal: Int32) -> Int32 {
    #if canImport(Glibc)
    Glibc.kill(pid, signal)
    #else
    Darwin.kill(pid, signal)
    #endif
}
