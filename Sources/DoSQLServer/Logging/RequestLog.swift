import DoSQLHTTP
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging
import Synchronization

/// Lines about connections and requests: each at debug level; those that failed by the server's fault also above it.
///
/// Whoever serves a request asks ``isOn`` first, which is one load, so that nothing is formatted in vain.
final class RequestLog: Sendable {
    /// Lines a second about requests that failed by the server's fault: a full disk fails every write.
    static let failuresMax = 20

    private let log: Logger
    private let on: Atomic<Bool>
    private let failures: Mutex<(bucket: TokenBucket, left: Int)>

    init(_ log: Logger) {
        self.log = log
        on = Atomic(log.logLevel <= .debug)
        failures = Mutex(
            (TokenBucket(rate: Self.failuresMax, burst: Self.failuresMax, now: MonotonicClock.nanoseconds()), 0))
    }

    /// Whether each request has a line.
    var isOn: Bool { on.load(ordering: .relaxed) }

    /// The operator may have changed what is logged.
    func levelMayHaveChanged() { on.store(log.logLevel <= .debug, ordering: .relaxed) }

    /// Whether a request that failed so has a line.
    func wants(_ code: ErrorCode) -> Bool { isOn || Self.level(of: code) > .debug }

    /// Whether it is the server's fault, so that it has a line whatever the level of most.
    static func isServers(_ code: ErrorCode) -> Bool { level(of: code) > .debug }

    // MARK: Lines

    func began(peer: String) {
        log.debug("connection accepted", metadata: ["peer": "\(peer)"])
    }

    func ended(_ face: any Face) {
        log.debug(
            "connection closed",
            metadata: [
                "peer": "\(face.socket.peerAddress)", "face": "\(face.kind.label)",
                "received": .stringConvertible(face.socket.bytesReceived),
                "sent": .stringConvertible(face.socket.bytesSent),
            ])
    }

    func received(_ message: String, tenant: String?, by caller: RequestCaller) {
        log.debug("request", metadata: Self.metadata(tenant, caller).merging(["message": "\(message)"]) { $1 })
    }

    /// - Parameter path: without its query, which may hold values.
    func responded(_ status: Int, _ method: String?, path: String?, requestID: String, peer: String) {
        log.debug(
            "response",
            metadata: [
                "status": .stringConvertible(status), "method": "\(method ?? "-")", "path": "\(path ?? "-")",
                "request": "\(requestID)", "peer": "\(peer)", "face": "\(FaceKind.http.label)",
            ])
    }

    func failed(_ code: ErrorCode, _ message: String, tenant: String?, by caller: RequestCaller) {
        let level = Self.level(of: code)
        var metadata = Self.metadata(tenant, caller)
        metadata["code"] = "\(code.name)"
        // SQLite's words of what a client has sent may hold its values; those of the server's own errors do not.
        if level > .debug { metadata["reason"] = "\(message)" }
        guard level > .debug else { return log.debug("request failed", metadata: metadata) }
        let left = failures.withLock { failures -> Int? in
            guard failures.bucket.take(1, now: MonotonicClock.nanoseconds()) == 1 else {
                failures.left += 1
                return nil
            }
            defer { failures.left = 0 }
            return failures.left
        }
        guard let left else { return }
        if left > 0 { metadata["leftOut"] = .stringConvertible(left) }
        log.log(level: level, "request failed", metadata: metadata)
    }

    private static func metadata(_ tenant: String?, _ caller: RequestCaller) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request": "\(caller.name)", "face": "\(caller.face.label)", "peer": "\(caller.peer)",
        ]
        if let tenant { metadata["tenant"] = "\(tenant)" }
        return metadata
    }

    /// How grave it is that a request failed so: most is the client's own doing.
    private static func level(of code: ErrorCode) -> Logger.Level {
        switch code {
        case .internal: .error
        case .storageFailed, .storageFull, .tenantUnavailable: .warning
        default: .debug
        }
    }
}
