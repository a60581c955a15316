import DoSQLLoop

/// A stream's delegate that remembers what it was told, and does what the test wants.
final class Owner: StreamDelegate {
    let stream: SocketStream
    var bytes: [UInt8] = []
    var ends = 0
    var drains = 0
    var reasons: [CloseReason] = []
    var onBytes: (Owner) -> Void = { _ in }
    var onEnd: (Owner) -> Void = { $0.stream.close() }
    var onDrained: (Owner) -> Void = { _ in }
    var onClosed: (Owner) -> Void = { _ in }

    init(_ descriptor: consuming Descriptor, on loop: EventLoop) throws(LoopError) {
        stream = try SocketStream(adopting: descriptor, on: loop)
    }

    convenience init(_ parcel: DescriptorParcel, on loop: EventLoop) throws(LoopError) {
        guard let descriptor = parcel.take() else { preconditionFailure("A parcel was taken twice") }
        try self.init(descriptor, on: loop)
    }

    func start() {
        stream.start(self)
    }

    func send(_ bytes: [UInt8]) {
        var bytes = bytes
        stream.send(&bytes)
    }

    func received(_ bytes: Span<UInt8>) {
        for index in bytes.indices { self.bytes.append(bytes[index]) }
        onBytes(self)
    }

    func receivedEnd() {
        ends += 1
        onEnd(self)
    }

    func drained() {
        drains += 1
        onDrained(self)
    }

    func closed(_ reason: CloseReason) {
        reasons.append(reason)
        onClosed(self)
    }
}
