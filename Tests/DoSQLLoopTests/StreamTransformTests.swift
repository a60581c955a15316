import DoSQLLoop
import Testing

/// Every byte's bits turned around on the wire; 0 there is the end, 1 is a byte that cannot come.
private final class Turner: StreamTransform {
    func begin(into output: inout [UInt8]) { output += [7, 7] }

    func receive(_ bytes: Span<UInt8>, into plain: inout [UInt8], answering output: inout [UInt8]) -> StreamOutcome {
        for index in bytes.indices {
            switch bytes[index] {
            case 0: return .ended
            case 1:
                output.append(99)
                return .broken
            case let byte: plain.append(~byte)
            }
        }
        return .goesOn
    }

    func send(_ plain: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        for index in plain.indices { output.append(~plain[index]) }
        return true
    }

    func end(into output: inout [UInt8]) { output.append(0) }
}

struct StreamTransformTests {
    private let nothing: [UInt8] = []

    @Test func `a transform stands between socket and delegate, and takes what came before it`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.start()
            owner.onBytes = { owner in
                switch owner.bytes.count {
                case 1:
                    // What showed that there is a transform to use is for it.
                    let first = owner.bytes
                    owner.bytes = []
                    owner.onBytes = { owner in
                        guard owner.bytes.count == 3 else { return }
                        owner.send(owner.bytes)
                        owner.stream.closeAfterFlush(timeout: .seconds(30))
                    }
                    owner.stream.use(Turner(), receiving: first.span)
                default: Issue.record("bytes went around the transform")
                }
            }
            owner.onClosed = { _ in loop.stop() }
            try peer.send([~65])
            let client = try WorkerThread(name: "client") {
                do {
                    #expect(try peer.receive(2) == [7, 7])
                    try peer.send([~66, ~67])
                    #expect(try peer.receiveToEnd() == [~65, ~66, ~67, 0])
                    peer.finish()
                } catch {
                    Issue.record(error)
                }
            }
            loop.runGuarded()
            client.join()
            #expect(owner.bytes == [65, 66, 67])
            #expect(owner.reasons == [.flushed])
            // What goes over the wire is what is counted.
            #expect(owner.stream.bytesSent == 6)
            #expect(owner.stream.bytesReceived == 3)
        }
    }

    @Test func `an end that the transform tells is told once, and nothing comes behind it`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onEnd = { _ in }
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            owner.stream.use(Turner(), receiving: nothing.span)
            try peer.send([~65, 0, ~66])
            try peer.send([~67])
            peer.finishSending()
            let timer = Timer(on: loop) { [unowned owner] in
                if owner.ends > 0 { owner.stream.close() }
            }
            timer.start(every: .milliseconds(20))
            loop.runGuarded()
            timer.cancel()
            #expect(owner.bytes == [65])
            #expect(owner.ends == 1)
        }
    }

    @Test func `bytes that make no sense close the stream, and the peer reads why`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.onClosed = { _ in loop.stop() }
            owner.start()
            owner.stream.use(Turner(), receiving: nothing.span)
            try peer.send([~65, 1, ~66])
            let client = try WorkerThread(name: "client") {
                do {
                    #expect(try peer.receiveToEnd() == [7, 7, 99, 0])
                    peer.finish()
                } catch {
                    Issue.record(error)
                }
            }
            loop.runGuarded()
            client.join()
            #expect(owner.bytes == [65])
            #expect(owner.reasons == [.broken])
        }
    }

    @Test func `a slow reader fills the queue through a transform as without one`() throws {
        try withLoop { loop in
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.start()
            owner.stream.use(Turner(), receiving: nothing.span)
            let sent = pattern(4_000_000)
            owner.send(sent)
            #expect(owner.stream.queuedBytes > 1_000_000)
            owner.onDrained = { $0.stream.closeAfterFlush(timeout: .seconds(30)) }
            owner.onClosed = { _ in loop.stop() }
            let client = try WorkerThread(name: "client") {
                do {
                    let came = try peer.receiveToEnd()
                    #expect(came == [7, 7] + sent.map { ~$0 } + [0])
                    peer.finish()
                } catch {
                    Issue.record(error)
                }
            }
            loop.runGuarded()
            client.join()
            #expect(owner.drains == 1)
            #expect(owner.stream.queuedBytes == 0)
        }
    }
}
