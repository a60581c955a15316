import DoSQLLoop
import Testing

struct MailboxTests {
    @Test func `a batch arrives in order with one wake-up`() throws {
        try withLoop { loop in
            var batches: [[Int]] = []
            let mailbox = try Mailbox<Int>(on: loop) { messages in
                batches.append(messages)
                loop.stop()
            }
            for message in 0..<1000 { #expect(mailbox.post(message)) }
            mailbox.post(contentsOf: 1000..<1010)
            loop.runGuarded()
            #expect(batches == [Array(0..<1010)])
            mailbox.close()
        }
    }

    @Test func `many threads post, and each one's order is kept`() throws {
        let (threads, each) = (4, 5000)
        try withLoop { loop in
            var next = [Int](repeating: 0, count: threads)
            var inOrder = true
            let mailbox = try Mailbox<(Int, Int)>(on: loop) { messages in
                for (thread, message) in messages {
                    inOrder = inOrder && next[thread] == message
                    next[thread] += 1
                }
                if next.allSatisfy({ $0 == each }) { loop.stop() }
            }
            let posters = try (0..<threads).map { thread in
                try WorkerThread(name: "poster \(thread)") {
                    for message in 0..<each { mailbox.post((thread, message)) }
                }
            }
            loop.runGuarded()
            for poster in posters { poster.join() }
            #expect(inOrder)
            #expect(next == [Int](repeating: each, count: threads))
            mailbox.close()
        }
    }

    @Test func `a message posted by the handler comes in the next batch`() throws {
        try withLoop { loop in
            var batches: [[Int]] = []
            var mailbox: Mailbox<Int>?
            mailbox = try Mailbox<Int>(on: loop) { messages in
                batches.append(messages)
                if batches.count == 3 { loop.stop() } else { mailbox?.post(batches.count) }
            }
            mailbox?.post(0)
            loop.runGuarded()
            #expect(batches == [[0], [1], [2]])
            mailbox?.close()
            mailbox = nil
        }
    }

    @Test func `a closed mailbox refuses, and returns what it had not delivered`() throws {
        try withLoop { loop in
            let mailbox = try Mailbox<Int>(on: loop) { _ in Issue.record("A closed mailbox delivered") }
            mailbox.post(contentsOf: [1, 2])
            #expect(mailbox.close() == [1, 2])
            #expect(!mailbox.post(3))
            #expect(!mailbox.post(contentsOf: [4]))
            #expect(mailbox.close() == [])
        }
    }

    @Test func `a handler may close its mailbox`() throws {
        try withLoop { loop in
            var mailbox: Mailbox<Int>?
            var batches = 0
            mailbox = try Mailbox<Int>(on: loop) { _ in
                batches += 1
                mailbox?.close()
                loop.stop()
            }
            mailbox?.post(1)
            loop.runGuarded()
            #expect(batches == 1)
            #expect(mailbox?.post(2) == false)
            mailbox = nil
        }
    }
}
