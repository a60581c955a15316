import DoSQLProtocol
import DoSQLSession
import Testing

/// The life of a stream's transaction (`protocol/transactions.md`).
struct StreamTransactionTests {
    /// What each kind of request comes to in each state, as the page has it.
    static let table: [(RequestKind, none: ErrorCode?, open: ErrorCode?, aborted: ErrorCode?)] = [
        (.statement, nil, nil, nil),
        (.batch, nil, nil, .transactionAborted),
        (.load, nil, nil, .transactionAborted),
        (.savepoint, .noTransaction, nil, .transactionAborted),
        (.describe, nil, nil, nil),
        (.script, nil, .transactionOpen, .transactionOpen),
        (.subscribe, nil, .transactionOpen, .transactionOpen),
        (.begin, nil, .transactionOpen, .transactionOpen),
        (.commit, .noTransaction, nil, nil),
        (.rollback, .noTransaction, nil, nil),
        (.close, nil, nil, nil),
    ]

    @Test(arguments: [TransactionState.none, .read, .write, .aborted])
    func `each kind in each state`(_ state: TransactionState) {
        for (kind, none, open, aborted) in Self.table {
            let stream = Dialogue.open(in: state)
            let refusal = state == .none ? none : state == .aborted ? aborted : open
            #expect(stream.receive(9, kind) == (refusal.map { .refuse($0) } ?? .start), "\(kind)")
            #expect(stream.machine.transaction == state, "\(kind)")
        }
    }

    @Test
    func `a statement that fails leaves the transaction`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        stream.finish(2, succeeded: false, .write)
        #expect(stream.machine.transaction == .write)
        #expect(stream.receive(3, .statement) == .start)
        stream.finish(3, .write)
        #expect(stream.receive(4, .commit) == .start)
        stream.finish(4)
        #expect(stream.machine.transaction == .none)
        #expect(stream.receive(5, .commit) == .refuse(.noTransaction))
    }

    @Test
    func `a COMMIT that fails and keeps the transaction can be mended and repeated`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .commit) == .start)
        stream.finish(2, succeeded: false, .write)
        #expect(stream.machine.transaction == .write)
        #expect(stream.machine.nextDeadline == stream.now + 100)
        #expect(stream.receive(3, .statement) == .start)
        stream.finish(3, .write)
        #expect(stream.receive(4, .commit) == .start)
        stream.finish(4)
        #expect(stream.machine.transaction == .none)
    }

    @Test
    func `an aborted transaction ends with ROLLBACK, or with a COMMIT that fails`() {
        for (kind, succeeds) in [(RequestKind.rollback, true), (.commit, false)] {
            let stream = Dialogue.open(in: .aborted)
            #expect(stream.receive(5, .batch) == .refuse(.transactionAborted))
            #expect(stream.receive(6, kind) == .start)
            stream.finish(6, succeeded: succeeds)
            #expect(stream.machine.transaction == .none)
            #expect(stream.machine.nextDeadline == nil)
            #expect(stream.receive(7, .statement) == .start)
        }
    }

    @Test
    func `words of SQL begin and end as messages do`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        stream.finish(2)
        #expect(stream.machine.transaction == .none && stream.machine.nextDeadline == nil)
        #expect(stream.receive(3, .begin) == .start)
    }

    // MARK: Time

    @Test
    func `without a transaction there is no deadline`() {
        let stream = Dialogue.open()
        #expect(stream.machine.nextDeadline == nil)
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.wait(1_000_000) == .none)
        stream.finish(1)
        #expect(stream.machine.nextDeadline == nil)
    }

    @Test(arguments: [TransactionState.read, .write, .aborted])
    func `an idle transaction expires, and the next request is told once`(_ state: TransactionState) {
        let stream = Dialogue.open(in: state)
        #expect(stream.machine.nextDeadline == stream.now + 100)
        #expect(stream.wait(99) == .none)
        #expect(stream.wait(1) == .expireTransaction(interrupt: false))
        #expect(stream.wait(1_000) == .none)
        #expect(stream.expired())
        #expect(stream.machine.transaction == .none)
        #expect(stream.machine.nextDeadline == nil)
        #expect(stream.receive(3, .statement) == .refuse(.transactionExpired))
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test(arguments: table.map(\.0).filter { $0 != .begin && $0 != .close })
    func `every kind is told`(_ kind: RequestKind) {
        let stream = Dialogue.open(in: .write)
        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.expired())
        #expect(stream.receive(3, kind) == .refuse(.transactionExpired))
        #expect(stream.receive(4, .commit) == .refuse(.noTransaction))
    }

    @Test
    func `a new BEGIN does not care, and CLOSE neither`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.expired())
        stream.begin(3)
        #expect(stream.receive(4, .statement) == .start)
        stream.finish(4, .write)

        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.expired())
        #expect(stream.receive(5, .close) == .start)
    }

    @Test
    func `what depends on the last success is told, and what depends on that is skipped`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        stream.finish(2, .write)
        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.expired())
        #expect(stream.receive(3, .statement, depends: true) == .refuse(.transactionExpired))
        #expect(stream.receive(4, .commit, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(5, .statement) == .start)
    }

    @Test
    func `a skipped COMMIT ends what is to be told`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        stream.finish(2, succeeded: false, .write)
        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.expired())
        #expect(stream.receive(3, .commit, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test
    func `while it is rolled back for its time, requests wait`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.wait(100) == .expireTransaction(interrupt: false))
        #expect(stream.receive(3, .statement) == .wait)
        #expect(stream.receive(4, .commit, depends: true) == .wait)
        #expect(stream.receive(5, .close) == .wait)
        #expect(stream.next() == nil)
        #expect(stream.expired())
        #expect(stream.next() == "3 TRANSACTION_EXPIRED")
        #expect(stream.next() == "4 skip")
        #expect(stream.next() == "5 start")
    }

    @Test
    func `each statement gives the idle time anew, but not the total`() {
        let stream = Dialogue.open(in: .write)
        let end = stream.now + 1_000
        for request: UInt32 in 2..<14 {
            #expect(stream.wait(80) == .none)
            #expect(stream.machine.nextDeadline == min(stream.now + 20, end))
            #expect(stream.receive(request, .statement) == .start)
            #expect(stream.machine.nextDeadline == end)
            stream.finish(request, .write)
        }
        #expect(stream.machine.nextDeadline == end)
        #expect(stream.wait(40) == .expireTransaction(interrupt: false))
    }

    @Test
    func `no statement is interrupted for idleness`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        #expect(stream.wait(999) == .none)
        #expect(stream.wait(1) == .expireTransaction(interrupt: true))
    }

    @Test
    func `a statement interrupted for the total time tells it, and nobody else is told`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        #expect(stream.receive(3, .commit, depends: true) == .wait)
        #expect(stream.wait(1_000) == .expireTransaction(interrupt: true))
        stream.finish(2, succeeded: false)
        #expect(!stream.expired())
        #expect(stream.next() == "3 skip")
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test
    func `a statement that ended in spite of the interrupt leaves it to the next to be told`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        #expect(stream.receive(3, .statement) == .wait)
        #expect(stream.wait(1_000) == .expireTransaction(interrupt: true))
        stream.finish(2, .write)
        #expect(stream.next() == nil)
        #expect(stream.wait(1_000) == .none)
        #expect(stream.expired())
        #expect(stream.next() == "3 TRANSACTION_EXPIRED")
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test
    func `a COMMIT that was in time is not taken back by an expiry that comes late`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .commit) == .start)
        #expect(stream.wait(1_000) == .expireTransaction(interrupt: true))
        stream.finish(2)
        stream.begin(3)
        #expect(!stream.expired())
        #expect(stream.machine.transaction == .write)
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test
    func `the times of one transaction do not reach into the next`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .rollback) == .start)
        stream.finish(2)
        #expect(stream.wait(5_000) == .none)
        stream.begin(3, idleMax: 7, totalMax: 8)
        #expect(stream.machine.nextDeadline == stream.now + 7)
        #expect(stream.wait(7) == .expireTransaction(interrupt: false))
    }

    @Test
    func `times without end do not wrap around`() {
        let stream = Dialogue.open()
        stream.begin(1, idleMax: 100, totalMax: .max - stream.now)
        #expect(stream.machine.nextDeadline == stream.now + 100)
        #expect(stream.receive(2, .statement) == .start)
        #expect(stream.machine.nextDeadline == nil)
    }
}
