/// Which connections there are, who uses them, and who waits for one.
///
/// Pure: events in, actions out. Connections are shared: a caller waits only while there is none at all. Invariant: while
/// somebody waits, no connection is ready and, once the pool has been started, at least one is being made.
struct PoolStateMachine<Connection: Sendable, Waiter: Sendable> {
    struct Configuration: Sendable {
        var connectionsMin = 1
        var connectionsMax = 4
        var callsPerConnection = 64
    }

    /// What to do, in this order.
    struct Actions {
        /// Make connections under these ids, after so many failures in a row.
        var connect: [(id: Int, failures: Int)] = []
        var resume: [(Waiter, id: Int, Connection)] = []
        var fail: [(Waiter, DoSQLError)] = []
        /// Let these end when their work is done.
        var drain: [Connection] = []
        /// Nothing is left: `run` may return.
        var isOver = false
    }

    enum Acquisition {
        case use(id: Int, Connection, Actions)
        case wait(Actions)
        case fail(DoSQLError)
    }

    private enum Phase {
        case initialized
        case running
        case ending
    }

    private struct Entry {
        var connection: Connection
        var calls = 0
        var isDraining = false
    }

    private let configuration: Configuration
    private var phase = Phase.initialized
    private var entries: [Int: Entry] = [:]
    private var connecting: Set<Int> = []
    private var waiters: [(ticket: UInt64, waiter: Waiter)] = []
    private var lastID = 0
    private var failures = 0
    private var lastFailure: DoSQLError?

    init(_ configuration: Configuration) { self.configuration = configuration }

    /// Connections that take calls.
    var readyCount: Int { entries.values.count { !$0.isDraining } }

    // MARK: Calls

    /// A caller needs a connection.
    mutating func acquired(ticket: UInt64, waiter: Waiter) -> Acquisition {
        if phase == .ending { return .fail(.shutDown) }
        let ready = entries.filter { !$0.value.isDraining }
        if let (id, entry) = ready.min(by: { ($0.value.calls, $0.key) < ($1.value.calls, $1.key) }) {
            entries[id]?.calls += 1
            var actions = Actions()
            let isBusy = entry.calls >= configuration.callsPerConnection
            if isBusy, connecting.isEmpty, ready.count < configuration.connectionsMax { connect(&actions) }
            return .use(id: id, entry.connection, actions)
        }
        waiters.append((ticket, waiter))
        var actions = Actions()
        if phase == .running, connecting.isEmpty { connect(&actions) }
        return .wait(actions)
    }

    /// A caller no longer waits, by its own will or because its time is over.
    mutating func waitEnded(ticket: UInt64) -> (Waiter, lastFailure: DoSQLError?)? {
        guard let place = waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return (waiters.remove(at: place).waiter, lastFailure)
    }

    /// A caller is done with its connection.
    mutating func released(id: Int) { entries[id]?.calls -= 1 }

    // MARK: Connections

    /// `run` has begun.
    mutating func started() -> Actions {
        var actions = Actions()
        guard phase == .initialized else { return actions }
        phase = .running
        for _ in 0..<max(configuration.connectionsMin, 1) { connect(&actions) }
        return actions
    }

    /// HELLO_OK has come.
    mutating func connected(id: Int, _ connection: Connection) -> Actions {
        connecting.remove(id)
        failures = 0
        lastFailure = nil
        var actions = Actions()
        entries[id] = Entry(connection: connection)
        guard phase != .ending else {
            entries[id]?.isDraining = true
            actions.drain = [connection]
            return actions
        }
        entries[id]?.calls = waiters.count
        actions.resume = waiters.map { ($0.waiter, id, connection) }
        waiters = []
        return actions
    }

    /// A connection could not be made.
    mutating func connectFailed(id: Int, _ error: DoSQLError) -> Actions {
        connecting.remove(id)
        failures += 1
        lastFailure = error
        var actions = Actions()
        // What will not get better by itself is told at once: a wrong token, no common version, no such host's answer.
        if !error.isRetryable { failWaiters(error, &actions) }
        // A token that is not accepted will not be accepted the next time, either: nobody knocks again until somebody
        // calls, who may have another one by then.
        if error.code != .unauthenticated { replenish(&actions) }
        actions.isOver = isOver
        return actions
    }

    /// The server sent GOAWAY, or the connection was told to end when its work is done.
    mutating func drained(id: Int) -> Actions {
        var actions = Actions()
        entries[id]?.isDraining = true
        replenish(&actions)
        return actions
    }

    /// A connection had nothing to do for a long time: whether it is one too many.
    mutating func idled(id: Int) -> Actions {
        var actions = Actions()
        guard let entry = entries[id], entry.calls == 0, !entry.isDraining,
            readyCount > max(configuration.connectionsMin, 1)
        else { return actions }
        entries[id]?.isDraining = true
        actions.drain = [entry.connection]
        return actions
    }

    /// A connection is gone.
    mutating func closed(id: Int) -> Actions {
        entries[id] = nil
        var actions = Actions()
        replenish(&actions)
        actions.isOver = isOver
        return actions
    }

    /// No calls are taken any more; those that have a connection go on.
    mutating func shutDown() -> Actions {
        var actions = Actions()
        phase = .ending
        failWaiters(.shutDown, &actions)
        for (id, entry) in entries where !entry.isDraining {
            entries[id]?.isDraining = true
            actions.drain.append(entry.connection)
        }
        actions.isOver = isOver
        return actions
    }

    private var isOver: Bool { phase == .ending && entries.isEmpty && connecting.isEmpty }

    private mutating func connect(_ actions: inout Actions) {
        lastID += 1
        connecting.insert(lastID)
        actions.connect.append((lastID, failures))
    }

    private mutating func replenish(_ actions: inout Actions) {
        guard phase == .running else { return }
        while readyCount + connecting.count < max(configuration.connectionsMin, 1) { connect(&actions) }
    }

    private mutating func failWaiters(_ error: DoSQLError, _ actions: inout Actions) {
        actions.fail = waiters.map { ($0.waiter, error) }
        waiters = []
    }
}

extension DoSQLError {
    static var shutDown: DoSQLError { DoSQLError(.clientShutDown, "the client has been shut down") }
}
