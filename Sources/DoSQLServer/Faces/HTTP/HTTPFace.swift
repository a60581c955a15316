import DoSQLLoop

/// A connection that speaks HTTP/1.1.
final class HTTPFace: Face {
    let connection: UInt64
    private let socket: SocketStream
    private unowned let shard: Shard

    init(connection: UInt64, socket: SocketStream, shard: Shard) {
        self.connection = connection
        self.socket = socket
        self.shard = shard
    }
    func turnAway() { socket.close() }
    func received(_ bytes: Span<UInt8>) { socket.close() }
    func receivedEnd() { socket.close() }
    func closed(_ reason: CloseReason) { shard.closed(connection) }
    func tick(_ now: UInt64) {}
    func drain() { socket.close() }
    func closeNow() { socket.close() }
    func flush() {}
    func received(_ frames: [UInt8], exchange: UInt64) {}
}
