import Testing

@testable import DoSQLClient

struct PoolStateMachineTests {
    typealias Pool = PoolStateMachine<String, String>

    private func pool(min: Int = 1, max: Int = 2, calls: Int = 2) -> Pool {
        Pool(.init(connectionsMin: min, connectionsMax: max, callsPerConnection: calls))
    }

    private func text(_ acquisition: Pool.Acquisition) -> String {
        switch acquisition {
        case .use(_, let connection, let actions): "use \(connection)\(text(actions))"
        case .wait(let actions): "wait\(text(actions))"
        case .fail(let error): "fail \(error.code)"
        }
    }

    private func text(_ actions: Pool.Actions) -> String {
        var text = ""
        for (id, failures) in actions.connect { text += " connect \(id)" + (failures > 0 ? " after \(failures)" : "") }
        for (waiter, _, connection) in actions.resume { text += " \(waiter) gets \(connection)" }
        for (waiter, error) in actions.fail { text += " \(waiter) fails \(error.code)" }
        for connection in actions.drain { text += " drain \(connection)" }
        return text + (actions.isOver ? " over" : "")
    }

    private let refused = DoSQLError(.connectionClosed, "refused", isRetryable: true)

    @Test func `callers wait for the first connection and share it`() {
        var pool = pool()
        #expect(text(pool.acquired(ticket: 1, waiter: "ann")) == "wait")
        #expect(text(pool.started()) == " connect 1")
        #expect(text(pool.acquired(ticket: 2, waiter: "bob")) == "wait")
        #expect(text(pool.connected(id: 1, "c1")) == " ann gets c1 bob gets c1")
        #expect(text(pool.acquired(ticket: 3, waiter: "cat")) == "use c1 connect 2")
        #expect(text(pool.connected(id: 2, "c2")) == "")
        #expect(text(pool.acquired(ticket: 4, waiter: "dan")) == "use c2")
    }

    @Test func `failures pause longer and longer until a connection is made`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(text(pool.connectFailed(id: 1, refused)) == " connect 2 after 1")
        #expect(text(pool.connectFailed(id: 2, refused)) == " connect 3 after 2")
        #expect(text(pool.connected(id: 3, "c3")) == " ann gets c3")
        #expect(text(pool.closed(id: 3)) == " connect 4")
    }

    @Test func `what will not get better is told to those who wait`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(
            text(pool.connectFailed(id: 1, DoSQLError(.versionUnsupported, "no")))
                == " connect 2 after 1 ann fails VERSION_UNSUPPORTED")
    }

    @Test func `a token that is not accepted is not shown again until somebody calls`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(
            text(pool.connectFailed(id: 1, DoSQLError(.unauthenticated, "no"))) == " ann fails UNAUTHENTICATED")
        #expect(text(pool.acquired(ticket: 2, waiter: "bob")) == "wait connect 2 after 1")
        #expect(text(pool.connected(id: 2, "c2")) == " bob gets c2")
    }

    @Test func `a connection that drains gets no calls, and another is made`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.connected(id: 1, "c1")
        #expect(text(pool.drained(id: 1)) == " connect 2")
        #expect(text(pool.acquired(ticket: 1, waiter: "ann")) == "wait")
        #expect(text(pool.connected(id: 2, "c2")) == " ann gets c2")
        #expect(text(pool.closed(id: 1)) == "")
    }

    @Test func `who no longer waits is forgotten`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(pool.waitEnded(ticket: 1)?.0 == "ann")
        #expect(pool.waitEnded(ticket: 1) == nil)
        #expect(text(pool.connected(id: 1, "c1")) == "")
    }

    @Test func `an idle connection is closed only where it is one too many`() {
        var pool = pool(calls: 1)
        _ = pool.started()
        _ = pool.connected(id: 1, "c1")
        #expect(text(pool.idled(id: 1)) == "")
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(text(pool.acquired(ticket: 2, waiter: "bob")) == "use c1 connect 2")
        _ = pool.connected(id: 2, "c2")
        #expect(text(pool.idled(id: 1)) == "")
        #expect(text(pool.idled(id: 2)) == " drain c2")
    }

    @Test func `the end lets calls finish and takes no new ones`() {
        var pool = pool()
        _ = pool.started()
        _ = pool.connected(id: 1, "c1")
        _ = pool.acquired(ticket: 1, waiter: "ann")
        #expect(text(pool.shutDown()) == " drain c1")
        #expect(text(pool.acquired(ticket: 2, waiter: "bob")) == "fail CLIENT_SHUT_DOWN")
        #expect(text(pool.closed(id: 1)) == " over")
    }

    @Test func `a connection that is made after the end is closed again`() {
        var pool = pool()
        _ = pool.started()
        #expect(text(pool.shutDown()) == "")
        #expect(text(pool.connected(id: 1, "c1")) == " drain c1")
        #expect(text(pool.closed(id: 1)) == " over")
    }
}
