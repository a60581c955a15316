import DoSQLProtocol
import DoSQLSession
import Testing

/// Who may run when, and what depends on whom (`protocol/framing.md`, streams; `protocol/transactions.md`, in one flight).
struct StreamOrderTests {
    // MARK: Opening and closing

    @Test
    func `what is sent behind an OPEN waits for it, and goes on in order`() {
        let stream = Dialogue()
        #expect(stream.receive(1, .statement) == .wait)
        #expect(stream.receive(2, .statement) == .wait)
        #expect(stream.next() == nil)
        stream.machine.opened(succeeded: true)
        #expect(stream.next() == "1 start")
        #expect(stream.next() == nil)
        stream.finish(1)
        #expect(stream.next() == "2 start")
        stream.finish(2)
        #expect(stream.machine.isQuiet)
    }

    @Test
    func `what is sent behind an OPEN that fails is handed back`() {
        let stream = Dialogue()
        #expect(stream.receive(1, .statement) == .wait)
        #expect(stream.receive(2, .close) == .wait)
        stream.machine.opened(succeeded: false)
        #expect(stream.closed() == [1, 2])
        #expect(stream.machine.isQuiet)
        #expect(stream.receive(3, .statement) == .refuse(.streamNotOpen))
    }

    @Test
    func `what waits behind a CLOSE is handed back, once`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .close) == .wait)
        #expect(stream.receive(3, .statement) == .wait)
        stream.finish(1)
        #expect(stream.next() == "2 start")
        #expect(stream.closed() == [3])
        #expect(stream.closed().isEmpty)
        #expect(stream.next() == nil)
    }

    @Test(arguments: [TransactionState.none, .read, .write, .aborted])
    func `CLOSE is possible in every state`(_ state: TransactionState) {
        let stream = Dialogue.open(in: state)
        #expect(stream.receive(9, .close) == .start)
    }

    @Test
    func `a CLOSE that depends on a failed request is skipped like any other`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        stream.finish(1, succeeded: false)
        #expect(stream.receive(2, .close, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(3, .close) == .start)
    }

    @Test
    func `the first request of a stream depends on an OPEN that succeeded`() {
        let stream = Dialogue()
        #expect(stream.receive(1, .statement, depends: true) == .wait)
        stream.machine.opened(succeeded: true)
        #expect(stream.next() == "1 start")
    }

    // MARK: Order

    @Test(arguments: [RequestKind.statement, .batch, .describe, .load, .script, .subscribe, .begin, .close])
    func `nothing overtakes a read`(_ kind: RequestKind) {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: false) == .start)
        #expect(stream.receive(2, kind) == .wait)
        #expect(stream.next() == nil)
        stream.finish(1)
        #expect(stream.next() == "2 start")
    }

    @Test
    func `a quick read leaves nothing to wait for`() {
        let stream = Dialogue.open()
        stream.receiveQuick(.statement)
        stream.receiveQuick(.describe)
        #expect(stream.machine.isQuiet)
        #expect(stream.receive(1, .statement) == .start)
    }

    // MARK: Writes side by side

    @Test
    func `writes join writes`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, .statement, isWrite: true) == .startIfWrite)
        #expect(stream.receive(3, .statement, isWrite: true) == .startIfWrite)
        stream.finish(1)
        #expect(!stream.machine.isQuiet)
        stream.finish(2)
        stream.finish(3)
        #expect(stream.machine.isQuiet)
    }

    @Test
    func `a read behind writes waits for all of them, and what is behind it for it`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, .statement, isWrite: true) == .startIfWrite)
        #expect(stream.receive(3, .statement, isWrite: false) == .startIfWrite)
        #expect(stream.receive(4, .statement, isWrite: true) == .wait)
        stream.finish(1)
        #expect(stream.next() == "3 held again")
        stream.finish(2)
        #expect(stream.next() == "3 start")
        #expect(stream.next() == nil)
        stream.finish(3)
        #expect(stream.next(isWrite: true) == "4 start")
    }

    @Test
    func `a held write joins what runs`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .statement, isWrite: true) == .wait)
        #expect(stream.receive(3, .statement, isWrite: true) == .wait)
        stream.finish(1)
        #expect(stream.next(isWrite: true) == "2 start")
        #expect(stream.next(isWrite: true) == "3 joins")
    }

    @Test(arguments: [
        RequestKind.batch, .describe, .load, .script, .subscribe, .begin, .commit, .rollback, .savepoint, .close,
    ])
    func `only statements join`(_ kind: RequestKind) {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, kind) == .wait)
    }

    @Test
    func `a write that depends on another waits for its end`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, .statement, depends: true, isWrite: true) == .wait)
        stream.finish(1)
        #expect(stream.next(isWrite: true) == "2 start")
    }

    @Test(arguments: [TransactionState.read, .write])
    func `nothing joins inside a transaction`(_ state: TransactionState) {
        let stream = Dialogue.open(in: state)
        #expect(stream.receive(5, .statement, isWrite: true) == .start)
        #expect(stream.receive(6, .statement, isWrite: true) == .wait)
        stream.finish(5, state)
        #expect(stream.next(isWrite: true) == "6 start")
    }

    // MARK: DEPENDS

    @Test
    func `what depends on a failure is skipped, and so is what depends on that`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        for request: UInt32 in 2...4 { #expect(stream.receive(request, .statement, depends: true) == .wait) }
        #expect(stream.receive(5, .statement) == .wait)
        #expect(stream.receive(6, .statement, depends: true) == .wait)
        stream.finish(1, succeeded: false)
        #expect(stream.next() == "2 skip")
        #expect(stream.next() == "3 skip")
        #expect(stream.next() == "4 skip")
        #expect(stream.next() == "5 start")
        #expect(stream.next() == nil)
        stream.finish(5)
        #expect(stream.next() == "6 start")
    }

    @Test
    func `what depends on a success runs`() {
        let stream = Dialogue.open()
        stream.receiveQuick(.statement)
        stream.receiveQuick(.statement, depends: true)
        stream.receiveQuick(.statement, succeeds: false)
        #expect(stream.receive(1, .statement, depends: true) == .skip(rollBack: false))
        stream.receiveQuick(.statement)
        stream.receiveQuick(.statement, depends: true)
    }

    @Test
    func `what depends on a refused request is skipped`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .commit) == .refuse(.noTransaction))
        #expect(stream.receive(2, .statement, depends: true) == .skip(rollBack: false))
    }

    @Test
    func `BEGIN fails: the whole flight is skipped`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .begin) == .start)
        #expect(stream.receive(2, .statement, depends: true) == .wait)
        #expect(stream.receive(3, .commit, depends: true) == .wait)
        stream.finish(1, succeeded: false)
        #expect(stream.next() == "2 skip")
        #expect(stream.next() == "3 skip")
        #expect(stream.machine.isQuiet && stream.machine.transaction == .none)
    }

    @Test
    func `a statement of the flight fails: its skipped COMMIT rolls back`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .begin) == .start)
        #expect(stream.receive(2, .statement, depends: true) == .wait)
        #expect(stream.receive(3, .statement, depends: true) == .wait)
        #expect(stream.receive(4, .commit, depends: true) == .wait)
        #expect(stream.receive(5, .begin) == .wait)
        stream.finish(1, .write)
        stream.machine.began(idleMax: 100, totalMax: 1_000, now: stream.now)
        #expect(stream.next() == "2 start")
        stream.finish(2, succeeded: false, .write)
        #expect(stream.next() == "3 skip")
        #expect(stream.next() == "4 skip, roll back")
        #expect(stream.machine.transaction == .none)
        #expect(stream.machine.nextDeadline == nil)
        #expect(stream.next() == "5 start")
    }

    @Test
    func `a skipped ROLLBACK or SAVEPOINT leaves the transaction`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        stream.finish(2, succeeded: false, .write)
        #expect(stream.receive(3, .savepoint, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(4, .rollback, depends: true) == .skip(rollBack: false))
        #expect(stream.machine.transaction == .write)
    }

    @Test
    func `of writes side by side the last one counts, whoever is answered last`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, .statement, isWrite: true) == .startIfWrite)
        #expect(stream.receive(3, .statement, depends: true) == .wait)
        // The second is given up while it waits for its tenant; the first goes through.
        stream.finish(2, succeeded: false)
        #expect(stream.next() == nil)
        stream.finish(1)
        #expect(stream.next() == "3 skip")
    }

    @Test
    func `of writes side by side an earlier one that fails does not count`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        #expect(stream.receive(2, .statement, isWrite: true) == .startIfWrite)
        #expect(stream.receive(3, .statement, depends: true) == .wait)
        stream.finish(2)
        stream.finish(1, succeeded: false)
        #expect(stream.next() == "3 start")
    }

    // MARK: Cancelled in the line

    @Test
    func `a cancelled request leaves the line, once`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .statement) == .wait)
        #expect(stream.receive(3, .statement) == .wait)
        #expect(stream.cancel(1) == nil)
        #expect(stream.cancel(2) == 2)
        #expect(stream.cancel(2) == nil)
        stream.finish(1)
        #expect(stream.next() == "3 start")
    }

    @Test(arguments: [true, false])
    func `what depends on a cancelled request is skipped, whatever ran before`(_ succeeded: Bool) {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .statement) == .wait)
        #expect(stream.receive(3, .statement, depends: true) == .wait)
        #expect(stream.cancel(2) == 2)
        stream.finish(1, succeeded: succeeded)
        #expect(stream.next() == "3 skip")
    }

    @Test
    func `what depends on a request cancelled in the middle of the line is skipped, and nothing else`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .statement, depends: true) == .wait)
        #expect(stream.receive(3, .statement) == .wait)
        #expect(stream.receive(4, .statement, depends: true) == .wait)
        #expect(stream.receive(5, .statement) == .wait)
        #expect(stream.cancel(3) == 3)
        stream.finish(1)
        #expect(stream.next() == "2 start")
        stream.finish(2)
        #expect(stream.next() == "4 skip")
        #expect(stream.next() == "5 start")
    }

    @Test
    func `what arrives behind a cancelled request depends on it too`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        #expect(stream.receive(2, .statement) == .wait)
        #expect(stream.cancel(2) == 2)
        stream.finish(1)
        #expect(stream.next() == nil)
        #expect(stream.receive(3, .statement, depends: true) == .skip(rollBack: false))
    }

    @Test
    func `a cancelled COMMIT leaves the transaction, and its successor is skipped`() {
        let stream = Dialogue.open(in: .write)
        #expect(stream.receive(2, .statement) == .start)
        #expect(stream.receive(3, .commit) == .wait)
        #expect(stream.receive(4, .begin, depends: true) == .wait)
        #expect(stream.cancel(3) == 3)
        stream.finish(2, .write)
        #expect(stream.next() == "4 skip")
        #expect(stream.machine.transaction == .write)
    }

    @Test
    func `cancelled while the stream is opening`() {
        let stream = Dialogue()
        #expect(stream.receive(1, .begin) == .wait)
        #expect(stream.receive(2, .statement, depends: true) == .wait)
        #expect(stream.cancel(1) == 1)
        stream.machine.opened(succeeded: true)
        #expect(stream.next() == "2 skip")
        #expect(stream.machine.isQuiet)
    }

    // MARK: Refused on arrival

    @Test
    func `what depends on a request refused on arrival is skipped when its turn comes`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement) == .start)
        stream.machine.refusedOnArrival()
        #expect(stream.receive(3, .statement, depends: true) == .wait)
        #expect(stream.receive(4, .statement) == .wait)
        stream.finish(1)
        #expect(stream.next() == "3 skip")
        #expect(stream.next() == "4 start")
    }

    @Test
    func `behind writes, a write that depends on a refused one does not join`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        stream.machine.refusedOnArrival()
        #expect(stream.receive(3, .statement, depends: true, isWrite: true) == .wait)
        stream.finish(1)
        #expect(stream.next() == "3 skip")
    }

    @Test
    func `a BEGIN refused on arrival does not let its flight run by itself`() {
        let stream = Dialogue.open()
        stream.machine.refusedOnArrival()
        #expect(stream.receive(2, .statement, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(3, .commit, depends: true) == .skip(rollBack: false))
        #expect(stream.receive(4, .statement) == .start)
    }

    @Test
    func `a refusal on arrival counts for the next request only`() {
        let stream = Dialogue.open()
        #expect(stream.receive(1, .statement, isWrite: true) == .start)
        stream.machine.refusedOnArrival()
        #expect(stream.receive(3, .statement, isWrite: true) == .startIfWrite)
        stream.finish(1)
        stream.finish(3)
        #expect(stream.receive(4, .statement, depends: true) == .start)
    }
}
