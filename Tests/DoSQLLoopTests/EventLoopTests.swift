import DoSQLLoop
import Glibc
import Testing

struct EventLoopTests {
    @Test func `the turn's end comes once, after all reads`() throws {
        try withLoop { loop in
            var events: [String] = []
            var peers: [Peer] = []
            var owners: [Owner] = []
            for _ in 0..<3 {
                let (descriptor, peer) = try Peer.pair()
                let owner = try Owner(descriptor, on: loop)
                owner.onBytes = { _ in events.append("read") }
                owner.start()
                try peer.send([1])
                peers.append(peer)
                owners.append(owner)
            }
            loop.onTurnEnd = {
                events.append("end")
                if events.count > 1 { loop.stop() }
            }
            loop.runGuarded()
            #expect(events == ["end", "read", "read", "read", "end"])
            for owner in owners { owner.stream.close() }
        }
    }

    @Test func `what a timer did is finished before the loop blocks`() throws {
        try withLoop { loop in
            var events: [String] = []
            let timer = Timer(on: loop) { events.append("timer") }
            timer.start(after: .milliseconds(1))
            loop.onTurnEnd = {
                events.append("end")
                if events.contains("timer") { loop.stop() }
            }
            loop.runGuarded()
            // On a busy machine the timer may be due before the first poll, and then no end comes before it.
            #expect(events.suffix(2) == ["timer", "end"])
            #expect(events.filter { $0 == "timer" }.count == 1)
        }
    }

    @Test func `a requested turn does not block`() throws {
        try withLoop { loop in
            var ends = 0
            loop.onTurnEnd = {
                ends += 1
                if ends == 100 { loop.stop() } else { loop.requestTurn() }
            }
            loop.runGuarded()
            #expect(ends == 100)
        }
    }

    @Test func `a loop that is stopped runs again`() throws {
        try withLoop { loop in
            var fired = 0
            let timer = Timer(on: loop) {
                fired += 1
                loop.stop()
            }
            for _ in 0..<3 {
                timer.start(after: .zero)
                loop.runGuarded()
            }
            #expect(fired == 3)
        }
    }

    @Test func `time stands still within a callback and moves when asked`() throws {
        try withLoop { loop in
            let first = loop.now
            #expect(loop.now == first)
            while MonotonicClock.nanoseconds() == first {}
            #expect(loop.now == first)
            loop.updateNow()
            #expect(loop.now > first)
        }
    }

    @Test func `a mailbox that was left open is named when the loop closes`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let loop = try EventLoop()
            _ = try Mailbox<Int>(on: loop) { _ in }
            loop.close()
        }
        #expect(text(result).contains("while these are open on it: async"))
    }

    @Test func `a stream that was left open is named when the loop closes`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let loop = try EventLoop()
            let (descriptor, peer) = try Peer.pair()
            let owner = try Owner(descriptor, on: loop)
            owner.start()
            defer { withExtendedLifetime((owner, peer)) {} }
            loop.close()
        }
        #expect(text(result).contains("while these are open on it: pipe"))
    }

    @Test func `a call from another thread is refused in debug builds`() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let loop = try EventLoop()
            // What the compiler forbids, done behind its back.
            nonisolated(unsafe) let smuggled = loop
            let thread = try WorkerThread(name: "thief") { unsafe smuggled.stop() }
            thread.join()
        }
        #expect(text(result).contains("A loop was used on a thread that is not its own"))
    }

    private func text(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
}
