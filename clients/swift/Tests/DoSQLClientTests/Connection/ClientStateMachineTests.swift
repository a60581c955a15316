import DoSQLProtocol
import NIOCore
import Testing

@testable import DoSQLClient

/// One connection, as dialogues: what happens, and what the machine says to do.
struct ClientStateMachineTests {
    /// The machine, with actions as words, so that a test reads as a conversation.
    private struct Talk: ~Copyable {
        var machine: ClientStateMachine<String>
        var now = NIODeadline.uptimeNanoseconds(0)
        var tickets: UInt64 = 0

        init(_ configuration: ClientStateMachine<String>.Configuration = .init(), limits: [Limit] = Limits.told) {
            machine = ClientStateMachine(configuration, now: now)
            _ = machine.connected()
            _ = machine.helloAccepted(HelloOK(serverID: .random(), server: "Fake", limits: limits), request: 1)
        }

        mutating func submit(_ sink: String, _ body: RequestBody, on route: Route) -> String {
            tickets += 1
            switch machine.submitted(Submission(ticket: tickets, body: body, route: route, sink: sink), now: now) {
            case .send(let frames): return words(frames)
            case .fail(let sink, let error): return "fail \(sink) \(error.code)"
            }
        }

        mutating func answer(_ request: UInt32, transaction: TransactionState? = TransactionState.none) -> String {
            switch machine.answerReceived(request: request, transaction: transaction, now: now) {
            case .deliver(let sink, _, let frames): return join("to \(sink)", words(frames))
            case .send(let frames): return words(frames)
            case .close(let error): return "close \(error.code)"
            }
        }

        mutating func error(_ code: ErrorCode, _ request: UInt32, transaction: TransactionState = .none) -> String {
            let message = ErrorMessage(code, "words", transaction: transaction)
            switch machine.errorReceived(message, request: request, now: now) {
            case .fail(let sink, _, let error, let frames): return join("fail \(sink) \(error.code)", words(frames))
            case .send(let frames): return words(frames)
            case .close(let error): return "close \(error.code)"
            }
        }

        mutating func tick(after time: TimeAmount) -> String {
            now = now + time
            switch machine.ticked(now: now) {
            case .send(let frames): return words(frames)
            case .close(let error): return "close \(error.code)"
            }
        }

        mutating func drain() -> String { words(machine.drained()) }

        mutating func returned(_ lease: Lease) -> String { words(machine.leaseReturned(lease)) }

        mutating func close() -> [String] {
            let cause = DoSQLError(.connectionClosed, "gone", isRetryable: true)
            return machine.closed(because: cause).map { "\($0) \($2.code) \($2.execution) \($2.isRetryable)" }
        }

        private func join(_ first: String, _ second: String) -> String {
            second.isEmpty ? first : first + ", " + second
        }

        private func words(_ frames: [ClientFrame]) -> String {
            frames.map { frame in
                switch frame {
                case .hello(let id): "HELLO #\(id)"
                case .open(let key, let stream, let id): "OPEN \(key.tenant) stream \(stream) #\(id)"
                case .close(let stream, let id): "CLOSE stream \(stream) #\(id)"
                case .prepare(let text, let number, let id): "PREPARE \(number) \"\(text)\" #\(id)"
                case .unprepare(let number, let id): "UNPREPARE \(number) #\(id)"
                case .request(let body, let sources, let flags, let stream, let id):
                    "\(body.name)\(sources.map { source in if case .prepared(let n) = source { " \(n)" } else { "" } }.joined())"
                        + " stream \(stream) #\(id)\(flags == .depends ? " DEPENDS" : "")"
                case .ping(let id): "PING #\(id)"
                case .cancel(let id): "CANCEL #\(id)"
                case .credit(let id, let bytes): "CREDIT #\(id) \(bytes)"
                case .loadRows(_, _, _, let id): "LOAD_ROWS #\(id)"
                }
            }.joined(separator: ", ")
        }
    }

    private let acme = StreamKey(tenant: "acme")
    private var reads: Route { .shared(acme, .reads) }
    private var writes: Route { .shared(acme, .writes) }

    private func lease(_ id: UInt64) -> Lease { Lease(id: id, key: acme) }
    private func query(_ text: String) -> RequestBody { .execute(.query, .init(SQL(raw: text)), .init()) }
    private func run(_ text: String, key: IdempotencyKey? = nil) -> RequestBody {
        .execute(.run, .init(SQL(raw: text)), .init(key: key))
    }
    private var begin: RequestBody { .begin(.write, deadline: nil, idle: nil, total: nil) }

    @Test func `HELLO goes first, and a version that is not spoken ends it`() {
        var machine = ClientStateMachine<String>(now: .uptimeNanoseconds(0))
        let frames = machine.connected()
        #expect(frames.count == 1)
        let action = machine.helloAccepted(HelloOK(version: 9, serverID: .random(), server: "Fake"), request: 1)
        guard case .close(let error) = action else {
            Issue.record("version 9 is not spoken")
            return
        }
        #expect(error.code == .versionUnsupported)
    }

    @Test func `a stream is opened for the first request, and used again`() {
        var talk = Talk()
        let first = talk.submit("ann", query("SELECT 1"), on: reads)
        #expect(first == "OPEN acme stream 1 #2, query stream 1 #3")
        let opened = talk.answer(2)
        #expect(opened == "")
        let answered = talk.answer(3)
        #expect(answered == "to ann")
        let second = talk.submit("bob", query("SELECT 2"), on: reads)
        #expect(second == "query stream 1 #4")
    }

    @Test func `requests spread over the lane's streams, reads apart from writes`() {
        var configuration = ClientStateMachine<String>.Configuration()
        configuration.lanesMax = 2
        var talk = Talk(configuration)
        let said = [
            talk.submit("a", query("SELECT 1"), on: reads), talk.submit("b", query("SELECT 2"), on: reads),
            talk.submit("c", query("SELECT 3"), on: reads), talk.submit("d", run("DELETE FROM t"), on: writes),
        ]
        #expect(
            said == [
                "OPEN acme stream 1 #2, query stream 1 #3", "OPEN acme stream 2 #4, query stream 2 #5",
                "query stream 1 #6",
                "OPEN acme stream 3 #7, run stream 3 #8",
            ])
    }

    @Test func `a text goes by number from its second use on`() {
        var talk = Talk()
        _ = talk.submit("a", query("SELECT 1"), on: reads)
        _ = talk.answer(3)
        let second = talk.submit("b", query("SELECT 1"), on: reads)
        #expect(second == "PREPARE 1 \"SELECT 1\" #4, query 1 stream 1 #5")
        let third = talk.submit("c", query("SELECT 1"), on: .lease(lease(1)))
        #expect(third == "OPEN acme stream 2 #6, query 1 stream 2 #7")
    }

    @Test func `a number that found no room is replaced by the text`() {
        var talk = Talk()
        _ = talk.submit("a", query("SELECT 1"), on: reads)
        _ = talk.answer(3)
        _ = talk.submit("b", query("SELECT 1"), on: reads)
        let refused = talk.error(.statementLimit, 4)
        #expect(refused == "")
        let again = talk.error(.statementUnknown, 5)
        #expect(again == "query stream 1 #6")
        let answered = talk.answer(6)
        #expect(answered == "to b")
    }

    @Test func `an OPEN that failed explains what was sent behind it, and frees the number`() {
        var talk = Talk()
        _ = talk.submit("ann", query("SELECT 1"), on: reads)
        let open = talk.error(.tenantNotFound, 2)
        #expect(open == "")
        let reason = talk.error(.streamNotOpen, 3)
        #expect(reason == "fail ann TENANT_NOT_FOUND")
        let next = talk.submit("bob", query("SELECT 1"), on: reads)
        #expect(next.hasPrefix("OPEN acme stream 2"))
    }

    @Test func `a lease's stream is free again when the server says that no transaction is open`() {
        var talk = Talk()
        let lease = lease(7)
        let begun = talk.submit("tx", begin, on: .lease(lease))
        #expect(begun == "OPEN acme stream 1 #2, begin stream 1 #3")
        _ = talk.answer(3, transaction: .write)
        _ = talk.submit("tx", .rollback, on: .lease(lease))
        let early = talk.returned(lease)
        #expect(early == "")
        let other = talk.submit("other", begin, on: .lease(self.lease(8)))
        #expect(other == "OPEN acme stream 2 #5, begin stream 2 #6")
        _ = talk.answer(4, transaction: TransactionState.none)
        let reused = talk.submit("third", begin, on: .lease(self.lease(9)))
        #expect(reused == "begin stream 1 #7")
    }

    @Test func `a lease that is given back with its transaction open closes its stream`() {
        var talk = Talk()
        let lease = lease(7)
        _ = talk.submit("tx", begin, on: .lease(lease))
        _ = talk.answer(3, transaction: .write)
        let closed = talk.returned(lease)
        #expect(closed == "CLOSE stream 1 #4")
        let next = talk.submit("next", begin, on: .lease(self.lease(8)))
        #expect(next == "OPEN acme stream 2 #5, begin stream 2 #6")
    }

    @Test func `what follows in a transaction depends on what is in flight; COMMIT does not`() {
        var talk = Talk()
        let lease = lease(7)
        _ = talk.submit("tx", begin, on: .lease(lease))
        _ = talk.answer(3, transaction: .write)
        let said = [
            talk.submit("a", run("INSERT INTO t VALUES (1)"), on: .lease(lease)),
            talk.submit("b", run("INSERT INTO t VALUES (2)"), on: .lease(lease)),
            talk.submit("c", .commit(nil), on: .lease(lease)),
        ]
        #expect(said == ["run stream 1 #4", "run stream 1 #5 DEPENDS", "commit stream 1 #6"])
    }

    @Test func `what was skipped goes again while its transaction goes on, and fails when it does not`() {
        var talk = Talk()
        let lease = lease(7)
        _ = talk.submit("tx", begin, on: .lease(lease))
        _ = talk.answer(3, transaction: .write)
        for (n, name) in ["a", "b", "c"].enumerated() {
            _ = talk.submit(name, run("INSERT INTO t VALUES (\(n))"), on: .lease(lease))
        }
        let failed = talk.error(.constraintUnique, 4, transaction: .write)
        #expect(failed == "fail a CONSTRAINT_UNIQUE")
        let again = talk.error(.skipped, 5, transaction: .write)
        #expect(again == "PREPARE 1 \"INSERT INTO t VALUES (1)\" #7, run 1 stream 1 #8 DEPENDS")
        let gone = talk.error(.skipped, 6, transaction: .none)
        #expect(gone == "fail c SKIPPED")
    }

    @Test func `CANCEL names what is in flight, never a COMMIT`() {
        var talk = Talk()
        _ = talk.submit("a", query("SELECT 1"), on: reads)
        _ = talk.submit("b", .commit(nil), on: .lease(lease(1)))
        let cancelled = talk.machine.cancelled(ticket: 1)
        #expect(cancelled == 3)
        let commit = talk.machine.cancelled(ticket: 2)
        #expect(commit == nil)
        _ = talk.answer(3)
        let late = talk.machine.cancelled(ticket: 1)
        #expect(late == nil)
    }

    @Test func `an abandoned request's answer finds nobody, and its stream goes on`() {
        var talk = Talk()
        _ = talk.submit("a", query("SELECT 1"), on: reads)
        let abandoned = talk.machine.abandoned(ticket: 1)
        #expect(abandoned?.sink == "a")
        #expect(abandoned?.request == 3)
        let answer = talk.answer(3)
        #expect(answer == "")
        let next = talk.submit("b", query("SELECT 2"), on: reads)
        #expect(next == "query stream 1 #4")
    }

    @Test func `after GOAWAY transactions go on, nothing new begins, and the end comes with the last`() {
        var talk = Talk()
        let lease = lease(7)
        _ = talk.submit("tx", begin, on: .lease(lease))
        _ = talk.answer(3, transaction: .write)
        let frames = talk.drain()
        #expect(frames == "")
        let refused = talk.submit("new", query("SELECT 1"), on: reads)
        #expect(refused == "fail new SHUTTING_DOWN")
        let commit = talk.submit("tx", .commit(nil), on: .lease(lease))
        #expect(commit == "commit stream 1 #4")
        _ = talk.answer(4)
        let early = talk.machine.isDrained
        #expect(!early)
        _ = talk.returned(lease)
        let isDrained = talk.machine.isDrained
        #expect(isDrained)
    }

    @Test func `subscriptions of a tenant share a stream, and are cancelled when the connection is to end`() {
        var talk = Talk()
        let room = RequestBody.subscribe(.channel("room"), after: nil, credit: nil)
        let first = talk.submit("a", room, on: .shared(acme, .subscriptions))
        #expect(first == "OPEN acme stream 1 #2, subscribe stream 1 #3")
        let second = talk.submit("b", room, on: .shared(acme, .subscriptions))
        #expect(second == "subscribe stream 1 #4")
        let read = talk.submit("read", .describe("SELECT 1", withPlan: false), on: reads)
        #expect(read == "OPEN acme stream 2 #5, describe stream 2 #6")
        let frames = talk.drain()
        #expect(frames == "CANCEL #3, CANCEL #4")
        let again = talk.drain()
        #expect(again == "")
        let cancelled = talk.error(.cancelled, 3)
        #expect(cancelled == "fail a CANCELLED")
        _ = talk.answer(6)
        let early = talk.machine.isDrained
        #expect(!early)
        _ = talk.error(.shuttingDown, 4)
        let isDrained = talk.machine.isDrained
        #expect(isDrained)
    }

    @Test func `the stream of a subscription is not closed for idleness`() {
        var talk = Talk()
        let room = RequestBody.subscribe(.channel("room"), after: nil, credit: nil)
        _ = talk.submit("a", room, on: .shared(acme, .subscriptions))
        _ = talk.answer(2)
        talk.machine.heard(now: talk.now + .seconds(61))
        let idle = talk.tick(after: .seconds(61))
        #expect(idle == "")
        _ = talk.error(.cancelled, 3)
        talk.machine.heard(now: talk.now + .seconds(61))
        let over = talk.tick(after: .seconds(61))
        #expect(over == "CLOSE stream 1 #4")
    }

    @Test func `the end tells everyone what is known of their request`() {
        var talk = Talk()
        _ = talk.submit("read", query("SELECT 1"), on: reads)
        _ = talk.submit("write", run("DELETE FROM t"), on: writes)
        _ = talk.submit("keyed", run("DELETE FROM t", key: "k"), on: writes)
        let lease = lease(7)
        _ = talk.submit("begin", begin, on: .lease(lease))
        _ = talk.answer(10, transaction: .write)
        _ = talk.submit("inside", run("DELETE FROM t"), on: .lease(lease))
        _ = talk.submit("commit", .commit("k"), on: .lease(lease))
        let told = talk.close()
        #expect(
            told == [
                "read CONNECTION_CLOSED notExecuted true", "write CONNECTION_CLOSED unknown false",
                "keyed CONNECTION_CLOSED unknown true", "inside TRANSACTION_LOST notExecuted true",
                "commit CONNECTION_CLOSED unknown true",
            ])
        let later = talk.submit("later", query("SELECT 1"), on: reads)
        #expect(later == "fail later CONNECTION_CLOSED")
    }

    @Test func `a silent connection is asked, and given up when it stays silent`() {
        var talk = Talk()
        let early = talk.tick(after: .seconds(14))
        #expect(early == "")
        let ping = talk.tick(after: .seconds(1))
        #expect(ping == "PING #2")
        let waiting = talk.tick(after: .seconds(9))
        #expect(waiting == "")
        let dead = talk.tick(after: .seconds(1))
        #expect(dead == "close CONNECTION_CLOSED")
    }

    @Test func `a connection that answers lives on`() {
        var talk = Talk()
        _ = talk.tick(after: .seconds(15))
        talk.machine.heard(now: talk.now + .seconds(1))
        _ = talk.answer(2, transaction: nil)
        let alive = talk.tick(after: .seconds(11))
        #expect(alive == "")
    }

    @Test func `an idle stream is closed, and beyond the server's bound it gives way`() {
        var talk = Talk(limits: [Limit(name: "streamsMax", value: 2)])
        _ = talk.submit("a", query("SELECT 1"), on: reads)
        _ = talk.answer(3)
        let other = talk.submit("b", query("SELECT 'b'"), on: .shared(StreamKey(tenant: "b"), .reads))
        #expect(other == "OPEN b stream 2 #4, query stream 2 #5")
        let third = talk.submit("c", query("SELECT 'c'"), on: .shared(StreamKey(tenant: "c"), .reads))
        #expect(third == "CLOSE stream 1 #6, OPEN c stream 1 #7, query stream 1 #8")
        let full = talk.submit("d", query("SELECT 'd'"), on: .shared(StreamKey(tenant: "d"), .reads))
        #expect(full == "fail d STREAM_LIMIT")
    }

    @Test func `an answer that nobody asked for ends the connection`() {
        var talk = Talk()
        let said = talk.answer(99)
        #expect(said == "close UNEXPECTED_ANSWER")
    }

    @Test func `requests beyond the server's bound are refused on this side, but not a COMMIT`() {
        var talk = Talk(limits: [Limit(name: "requestsInFlightMax", value: 2)])
        _ = talk.submit("a", begin, on: .lease(lease(1)))
        let refused = talk.submit("b", query("SELECT 1"), on: reads)
        #expect(refused == "fail b OVERLOADED")
        let commit = talk.submit("c", .commit(nil), on: .lease(lease(1)))
        #expect(commit == "commit stream 1 #4")
    }
}
