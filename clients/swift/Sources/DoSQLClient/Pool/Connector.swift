import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Makes connections: socket, pipeline, HELLO and HELLO_OK.
struct Connector: Sendable {
    let configuration: DoSQLClient.Configuration
    let eventLoopGroup: any EventLoopGroup
    private let tls: TLSHandlers?

    init(configuration: DoSQLClient.Configuration, eventLoopGroup: any EventLoopGroup) {
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        tls = configuration.tls.map { TLSHandlers($0) }
    }

    /// The name that HELLO gives.
    static let clientName = "dosql-swift/0.1.0"

    /// Connects, and returns when the server has accepted HELLO.
    ///
    /// - Parameter observer: is told of everything behind HELLO_OK.
    /// - Throws: ``DoSQLError``: the server's, or `CONNECTION_CLOSED` with what the socket said.
    func connect(id: Int, observer: ConnectionObserver) async throws -> Connection {
        let greeting = Greeting()
        var observer = observer
        let (ready, closed) = (observer.ready, observer.closed)
        observer.ready = {
            greeting.finish(.success(()))
            ready()
        }
        observer.closed = { error in
            greeting.finish(.failure(error))
            closed(error)
        }
        let (channel, handler) = try await open(observer)
        let connection = Connection(id: id, channel: channel, handler: handler)
        let timeout = channel.eventLoop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
            connection.post(
                .close(DoSQLError(.timeout, "the server did not answer HELLO in time", isRetryable: true)))
        }
        defer { timeout.cancel() }
        try await withTaskCancellationHandler {
            try await greeting.wait()
        } onCancel: {
            connection.post(.close(.shutDown))
        }
        return connection
    }

    private func open(
        _ observer: ConnectionObserver
    ) async throws -> (any Channel, NIOLoopBound<ConnectionHandler>) {
        let hello = HelloContent(
            frameMax: UInt64(configuration.frameMax), client: Self.clientName, token: try await token())
        var machine = ClientStateMachine<any AnswerSink>.Configuration()
        machine.heartbeatInterval = TimeAmount(configuration.heartbeatInterval)
        machine.statementsMax = configuration.statementsMax
        let tick = max(TimeAmount(configuration.heartbeatInterval).nanoseconds / 2, 1_000_000)
        let settings = machine
        let made = Mutex<NIOLoopBound<ConnectionHandler>?>(nil)
        let context = try await tls?.prepare()
        let bootstrap = ClientBootstrap(group: eventLoopGroup)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls, endpoint = configuration.endpoint, logger = configuration.logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ConnectionHandler(
                        eventLoop: channel.eventLoop, hello: hello, machine: settings, tickInterval: .nanoseconds(tick),
                        observer: observer, logger: logger)
                    if let tls, let context {
                        try channel.pipeline.syncOperations.addHandlers(tls.make(context, to: endpoint))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                    made.withLock { $0 = NIOLoopBound(handler, eventLoop: channel.eventLoop) }
                }
            }
        do {
            let channel =
                switch configuration.endpoint {
                case .host(let host, let port): try await bootstrap.connect(host: host, port: port).get()
                case .unixSocket(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
            guard let handler = made.withLock({ $0 }) else { preconditionFailure("the initializer has run") }
            return (channel, handler)
        } catch {
            throw DoSQLError(
                .connectionClosed, "no connection to \(configuration.endpoint.text)", isRetryable: true,
                underlying: error)
        }
    }
}

extension Connector {
    /// What HELLO shows.
    private func token() async throws -> [UInt8]? {
        guard let provider = configuration.tokenProvider else { return configuration.token.map { Array($0.utf8) } }
        do {
            return Array(try await provider().utf8)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw DoSQLError(.unauthenticated, "no token could be had for a connection", underlying: error)
        }
    }
}

/// HELLO_OK or the end, whichever comes first.
private final class Greeting: Sendable {
    private struct State {
        var result: Result<Void, DoSQLError>?
        var waiter: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())

    func finish(_ result: Result<Void, DoSQLError>) {
        state.withLock { state in
            guard state.result == nil else { return }
            state.result = result
            state.waiter?.resume(with: result.mapError { $0 as any Error })
            state.waiter = nil
        }
    }

    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                if let result = state.result {
                    continuation.resume(with: result.mapError { $0 as any Error })
                } else {
                    state.waiter = continuation
                }
            }
        }
    }
}

extension DoSQLURL.Endpoint {
    /// For messages.
    var text: String {
        switch self {
        case .host(let host, let port): "\(host):\(port)"
        case .unixSocket(let path): path
        }
    }
}
