import DoSQLLoop
import Glibc
import Testing

struct SocketStreamTests {
    @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
    func `a stream echoes and knows its peer`(text: String) throws {
        try withLoop { loop in
            var owner: Owner?
            let listener = try Listener(ListenAddress(parsing: text), on: loop) { descriptor in
                owner = try? Owner(descriptor, on: loop)
                owner?.onBytes = { owner in
                    owner.send(owner.bytes)
                    owner.bytes = []
                }
                owner?.onClosed = { _ in loop.stop() }
                owner?.start()
            }
            let bound = listener.boundAddress
            let client = try WorkerThread(name: "client") {
                do {
                    let peer = try Peer(connectingTo: bound)
                    for size in [1, 100, 5000] {
                        try peer.send(pattern(size))
                        #expect(try peer.receive(size) == pattern(size))
                    }
                } catch {
                    Issue.record(error)
                }
            }
            loop.runGuarded()
            client.join()
            #expect(owner?.ends == 1)
            #expect(owner?.reasons == [.local])
            #expect(owner?.stream.bytesReceived == 5101)
            #expect(owner?.stream.bytesSent == 5101)
            #expect(owner?.stream.peerAddress.hasPrefix(text.dropLast(1)) == true)
        }
    }

    @Test func `an array that is sent at once keeps its capacity`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.start()
            var buffer = pattern(1000)
            let capacity = buffer.capacity
            owner.stream.send(&buffer)
            #expect(buffer.isEmpty)
            #expect(buffer.capacity == capacity)
            #expect(owner.stream.queuedBytes == 0)
            #expect(owner.stream.bytesSent == 1000)
            #expect(try peer.receive(1000) == pattern(1000))
            owner.stream.close()
        }
    }

    @Test func `a slow reader gets everything in order, and the queue falls to nothing`() throws {
        let parts = [6_000_000, 10, 2_000_000]
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onDrained = { $0.stream.closeAfterFlush(timeout: .seconds(60)) }
            owner.onClosed = { _ in loop.stop() }
            owner.stream.lowWaterMark = 0
            owner.start()
            for part in parts { owner.send(pattern(part)) }
            #expect(owner.stream.queuedBytes > 7_000_000)
            let client = try WorkerThread(name: "client") {
                do {
                    #expect(try peer.receiveToEnd() == parts.flatMap(pattern))
                } catch {
                    Issue.record(error)
                }
                peer.finish()
            }
            loop.runGuarded()
            client.join()
            #expect(owner.drains == 1)
            #expect(owner.stream.queuedBytes == 0)
            #expect(owner.stream.bytesSent == UInt64(parts.reduce(0, +)))
            #expect(owner.reasons == [.flushed])
        }
    }

    @Test func `a queue that stays below the mark is not drained`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.stream.lowWaterMark = 10_000_000
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            owner.send(pattern(1_000_000))
            #expect(owner.stream.queuedBytes > 0)
            owner.stream.closeAfterFlush(timeout: .seconds(60))
            let client = try WorkerThread(name: "client") {
                _ = try? peer.receiveToEnd()
                peer.finish()
            }
            loop.runGuarded()
            client.join()
            #expect(owner.drains == 0)
            #expect(owner.reasons == [.flushed])
        }
    }

    @Test func `a peer that has finished sending still gets its answer`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onEnd = { owner in
                owner.send(owner.bytes)
                owner.stream.closeAfterFlush(timeout: .seconds(60))
            }
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            try peer.send(pattern(100))
            peer.finishSending()
            loop.runGuarded()
            #expect(try peer.receiveToEnd() == pattern(100))
            #expect(owner.ends == 1)
            #expect(owner.reasons == [.flushed])
        }
    }

    @Test func `closing after a flush delivers everything although the peer was still sending`() throws {
        try withLoop { loop in
            var owner: Owner?
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { descriptor in
                owner = try? Owner(descriptor, on: loop)
                owner?.onBytes = { owner in
                    owner.send(pattern(4_000_000))
                    owner.stream.closeAfterFlush(timeout: .seconds(60))
                    owner.send([1, 2, 3])
                }
                owner?.onClosed = { _ in loop.stop() }
                owner?.start()
            }
            let bound = listener.boundAddress
            let client = try WorkerThread(name: "client") {
                do {
                    let peer = try Peer(connectingTo: bound)
                    try peer.send(pattern(2_000_000))
                    #expect(try peer.receiveToEnd() == pattern(4_000_000))
                } catch {
                    Issue.record(error)
                }
            }
            loop.runGuarded()
            client.join()
            #expect(owner?.reasons == [.flushed])
        }
    }

    @Test func `a flush that the peer does not take is given up`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            owner.send(pattern(5_000_000))
            owner.stream.closeAfterFlush(timeout: .milliseconds(5))
            loop.runGuarded()
            #expect(owner.reasons == [.flushTimedOut])
            withExtendedLifetime(peer) {}
        }
    }

    @Test func `a reset by the peer closes with its error`() throws {
        try withLoop { loop in
            var owner: Owner?
            var peer: Peer?
            let listener = try Listener(ListenAddress(parsing: "127.0.0.1:0"), on: loop) { descriptor in
                owner = try? Owner(descriptor, on: loop)
                owner?.onClosed = { _ in loop.stop() }
                owner?.start()
                peer?.resetWhenReleased()
                peer = nil
            }
            peer = try Peer(connectingTo: listener.boundAddress)
            loop.runGuarded()
            guard case .failed(let error) = owner?.reasons.first else {
                Issue.record("The stream closed with \(String(describing: owner?.reasons))")
                return
            }
            #expect(error.code == ECONNRESET)
            #expect(error.isPeerGone)
            #expect(owner?.reasons.count == 1)
        }
    }

    @Test func `writing to a peer that is gone closes once and drops the rest`() throws {
        Signal.ignoreBrokenPipe()
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            peer.finish()
            owner.send([1])
            #expect(!owner.stream.isOpen)
            #expect(owner.reasons == [])
            owner.send([2])
            owner.stream.close()
            loop.runGuarded()
            guard case .failed(let error) = owner.reasons.first else {
                Issue.record("The stream closed with \(owner.reasons)")
                return
            }
            #expect(error.code == EPIPE)
            #expect(owner.reasons.count == 1)
        }
    }

    @Test func `a stream may be closed and written to inside received`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onBytes = { owner in
                owner.send([7])
                owner.stream.close()
                owner.send([8])
                #expect(owner.reasons == [], "closed comes later, not inside the call")
            }
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            // More than one receive buffer: the rest must not be delivered after the close.
            try peer.send(pattern(10_000))
            loop.runGuarded()
            #expect(owner.bytes.count == 4096)
            #expect(owner.reasons == [.local])
            owner.stream.close()
        }
    }

    @Test func `a stream and its owner need nobody else to live, and are let go when closed`() throws {
        weak var observed: Owner?
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            do {
                let owner = try Owner(descriptor, on: loop)
                owner.onClosed = { _ in loop.stop() }
                owner.start()
                observed = owner
            }
            #expect(observed != nil)
            peer.finish()
            loop.runGuarded()
            #expect(observed == nil)
        }
    }

    @Test func `a paused stream leaves the bytes with the kernel`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onBytes = { $0.stream.pauseReading() }
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            try peer.send(pattern(10_000))
            peer.finishSending()
            var sizes: [Int] = []
            let probe = Timer(on: loop) {
                sizes.append(owner.bytes.count)
                owner.stream.resumeReading()
            }
            probe.start(every: .milliseconds(2))
            loop.runGuarded()
            #expect(sizes.drop(while: { $0 == 0 }).starts(with: [4096, 8192, 10_000]))
            #expect(owner.bytes == pattern(10_000))
            #expect(owner.ends == 1)
        }
    }

    @Test func `a descriptor travels to another loop in a parcel`() throws {
        let (parcel, peer) = try Peer.pair()
        let thread = try LoopThread(name: "other loop") { loop in loop }
        thread.submit { loop, _ in
            guard let descriptor = parcel.take(), let owner = try? Owner(descriptor, on: loop) else { return }
            owner.onBytes = { owner in
                owner.send(owner.bytes)
                owner.stream.closeAfterFlush(timeout: .seconds(60))
            }
            owner.onClosed = { _ in loop.stop() }
            owner.start()
        }
        try peer.send(pattern(64))
        #expect(try peer.receiveToEnd() == pattern(64))
        let isEmpty = parcel.take() == nil
        #expect(isEmpty)
        peer.finish()
        thread.join()
    }

    @Test func `what is no socket is refused and closed`() throws {
        Signal.ignoreBrokenPipe()
        try withLoop { loop in
            var ends: [Int32] = [0, 0]
            #expect(unsafe pipe(&ends) == 0)
            let readEnd = ends[0]
            let writeEnd = Descriptor(owning: ends[1])
            let error = #expect(throws: LoopError.self) {
                _ = try SocketStream(adopting: Descriptor(owning: readEnd), on: loop)
            }
            #expect(error?.code == ENOTSOCK)
            // Nobody reads any more, so the descriptor was closed.
            let status = unsafe write(writeEnd.rawValue, "x", 1)
            #expect(status == -1 && errno == EPIPE)
        }
    }
}
