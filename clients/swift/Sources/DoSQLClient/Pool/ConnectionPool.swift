import Logging
import Metrics
import NIOCore
import Synchronization

/// The connections of a client: makes them while ``run()`` runs, shares them out, replaces what was lost.
final class ConnectionPool: Sendable {
    typealias Machine = PoolStateMachine<Connection, CheckedContinuation<PooledConnection, any Error>>

    private enum Order: Sendable {
        case connect(id: Int, failures: Int)
        case finish
    }

    private let machine: Mutex<Machine>
    private let connector: Connector
    private let configuration: DoSQLClient.Configuration
    private let orders: AsyncStream<Order>
    private let order: AsyncStream<Order>.Continuation
    private let connectionsGauge = Gauge(label: "dosql.client.connections")
    /// When the server said a new connection may be tried.
    private let notBefore = Mutex<NIODeadline?>(nil)

    init(_ configuration: DoSQLClient.Configuration, eventLoopGroup: any EventLoopGroup) {
        self.configuration = configuration
        connector = Connector(configuration: configuration, eventLoopGroup: eventLoopGroup)
        machine = Mutex(
            Machine(
                .init(
                    connectionsMin: configuration.connectionsMin, connectionsMax: configuration.connectionsMax,
                    callsPerConnection: configuration.callsPerConnection)))
        (orders, order) = AsyncStream.makeStream()
    }

    // MARK: Life

    /// Makes and keeps connections until the pool is shut down or the task is cancelled.
    func run() async {
        perform { $0.started() }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await order in orders {
                    switch order {
                    case .connect(let id, let failures):
                        group.addTask { await self.keep(id: id, failures: failures) }
                    case .finish:
                        group.cancelAll()
                        return
                    }
                }
                // The task was cancelled: whatever is left ends with it.
                group.cancelAll()
            }
        } onCancel: {
            shutDown()
        }
        shutDown()
    }

    /// Takes no more calls; `run` returns when those that have a connection are done.
    func shutDown() { perform { $0.shutDown() } }

    /// The life of one connection.
    private func keep(id: Int, failures: Int) async {
        do {
            try await pause(failures: failures)
            let connection = try await connector.connect(id: id, observer: observer(id: id))
            perform { $0.connected(id: id, connection) }
            await withTaskCancellationHandler {
                await connection.waitUntilClosed()
            } onCancel: {
                connection.post(.close(.shutDown))
            }
            perform { $0.closed(id: id) }
        } catch {
            let failure =
                error as? DoSQLError
                ?? DoSQLError(.connectionClosed, "no connection was made", isRetryable: true, underlying: error)
            configuration.logger.debug("no connection", metadata: ["dosql.error": "\(failure)"])
            perform { $0.connectFailed(id: id, failure) }
        }
    }

    private func pause(failures: Int) async throws {
        var pause = failures > 0 ? configuration.retry.jittered(after: failures) : .zero
        if let notBefore = notBefore.withLock({ $0 }) {
            pause = max(pause, .nanoseconds((notBefore - .now()).nanoseconds))
        }
        if pause > .zero { try await Task.sleep(for: pause) }
    }

    private func observer(id: Int) -> ConnectionObserver {
        ConnectionObserver(
            draining: { [weak self] retryAfter in
                guard let self else { return }
                if let retryAfter { notBefore.withLock { $0 = .now() + TimeAmount(retryAfter) } }
                perform { $0.drained(id: id) }
            },
            idle: { [weak self] time in
                guard let self, time >= TimeAmount(configuration.connectionIdleMax) else { return }
                perform { $0.idled(id: id) }
            },
            // Whoever lost a call with it asks for another connection at once, before `keep` hears of its end.
            closed: { [weak self] _ in self?.perform { $0.drained(id: id) } })
    }

    private func perform(_ event: (inout Machine) -> Machine.Actions) {
        let (actions, ready) = machine.withLock { machine in (event(&machine), machine.readyCount) }
        connectionsGauge.record(ready)
        perform(actions)
    }

    private func perform(_ actions: Machine.Actions) {
        for (id, failures) in actions.connect { order.yield(.connect(id: id, failures: failures)) }
        for (waiter, id, connection) in actions.resume {
            waiter.resume(returning: PooledConnection(id: id, connection: connection, pool: self))
        }
        for (waiter, error) in actions.fail { waiter.resume(throwing: error) }
        for connection in actions.drain { connection.post(.drain) }
        if actions.isOver { order.yield(.finish) }
    }

    // MARK: Calls

    /// A connection for one call, transaction or row stream; it must be released.
    ///
    /// - Parameters:
    ///   - limit: how long to wait while none can be had; nil: as long as the configuration says.
    ///   - isShielded: the task's cancellation does not end the wait.
    /// - Throws: `CancellationError` at once where the task is cancelled; ``DoSQLError`` with the code `TIMEOUT` where no
    ///   connection could be had in time.
    func acquire(limit: Duration? = nil, isShielded: Bool = false) async throws -> PooledConnection {
        let ticket = RequestToken().ticket
        let limit = min(limit ?? configuration.connectionWaitMax, configuration.connectionWaitMax)
        if isShielded { return try await wait(ticket: ticket, limit: limit, isShielded: true) }
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await wait(ticket: ticket, limit: limit, isShielded: false)
        } onCancel: {
            endWait(ticket: ticket) { _ in CancellationError() }
        }
    }

    private func wait(ticket: UInt64, limit: Duration, isShielded: Bool) async throws -> PooledConnection {
        try await withCheckedThrowingContinuation { continuation in
            let acquisition = machine.withLock { $0.acquired(ticket: ticket, waiter: continuation) }
            switch acquisition {
            case .use(let id, let connection, let actions):
                continuation.resume(returning: PooledConnection(id: id, connection: connection, pool: self))
                perform(actions)
            case .wait(let actions):
                perform(actions)
                // Cancelled before the wait had begun: the handler found nobody.
                if !isShielded, Task.isCancelled { endWait(ticket: ticket) { _ in CancellationError() } }
                connector.eventLoopGroup.any().scheduleTask(in: TimeAmount(limit)) { [weak self] in
                    self?.endWait(ticket: ticket) { failure in
                        DoSQLError(
                            .timeout, "no connection within \(limit)", isRetryable: true, underlying: failure)
                    }
                }
            case .fail(let error):
                continuation.resume(throwing: error)
            }
        }
    }

    private func endWait(ticket: UInt64, _ error: (DoSQLError?) -> any Error) {
        guard let (waiter, failure) = machine.withLock({ $0.waitEnded(ticket: ticket) }) else { return }
        waiter.resume(throwing: error(failure))
    }

    fileprivate func release(id: Int) { machine.withLock { $0.released(id: id) } }
}

/// A connection in use by one caller.
struct PooledConnection: Sendable {
    fileprivate let id: Int
    let connection: Connection
    fileprivate let pool: ConnectionPool

    fileprivate init(id: Int, connection: Connection, pool: ConnectionPool) {
        self.id = id
        self.connection = connection
        self.pool = pool
    }

    func release() { pool.release(id: id) }
}
