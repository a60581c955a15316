import DoSQLLoop

/// A port for a program that cannot choose one by itself.
enum FreePort {
    /// One of 127.0.0.1 that nobody had a moment ago.
    static func find() throws -> UInt16 {
        let loop = try EventLoop()
        defer { loop.close() }
        let listener = try Listener(.tcp(host: "127.0.0.1", port: 0), on: loop) { _ = $0.take() }
        defer { listener.close() }
        guard case .tcp(_, let port) = try ListenAddress(parsing: listener.boundAddress) else {
            throw PeerMissing("there is no free port")
        }
        return port
    }
}
