import DoSQLLoop
import DoSQLTestSupport

/// A server that sends back what it receives, but not before it has received so many bytes.
final class StallingEcho: Sendable {
    let address: ListenAddress
    private let thread: WorkerThread

    init(holding bytes: Int) throws {
        let addresses = WorkQueue<ListenAddress>()
        thread = try WorkerThread(name: "stalling-echo") {
            guard let loop = try? EventLoop() else { return addresses.close() }
            let owner = Owner(loop, holding: bytes)
            guard let listener = try? Listener(.tcp(host: "127.0.0.1", port: 0), on: loop, accepted: owner.accept),
                let address = try? ListenAddress(parsing: listener.boundAddress)
            else { return addresses.close() }
            addresses.post(address)
            loop.run()
            listener.close()
            loop.close()
        }
        guard let address = addresses.take() else { throw TestSupportError("the echo does not listen") }
        self.address = address
    }

    /// Waits for its end, which is that of its connection.
    func stop() { thread.join() }

    private final class Owner: StreamDelegate {
        private let loop: EventLoop
        private let holding: Int
        private var stream: SocketStream?
        private var held: [UInt8] = []
        private var received = 0

        init(_ loop: EventLoop, holding: Int) {
            self.loop = loop
            self.holding = holding
        }

        func accept(_ descriptor: consuming Descriptor) {
            stream = try? SocketStream(adopting: descriptor, on: loop)
            stream?.start(self)
        }

        func received(_ bytes: Span<UInt8>) {
            for index in bytes.indices { held.append(bytes[index]) }
            received += bytes.count
            if received >= holding { stream?.send(&held) }
        }

        func receivedEnd() { stream?.close() }

        func closed(_ reason: CloseReason) {
            stream = nil
            loop.stop()
        }
    }
}
