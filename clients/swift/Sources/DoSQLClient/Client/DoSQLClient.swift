import DoSQLProtocol
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// A client of a DoSQL server: one for a process, shared by all its tasks.
///
/// ```swift
/// let client = try DoSQLClient(url: "dosql://127.0.0.1/acme")
/// try await ServiceGroup(services: [client, server], logger: logger).run()
/// // anywhere else
/// let acme = client.tenant("acme")
/// for (id, name) in try await acme.query("SELECT id, name FROM users WHERE age > \(age)", as: (Int, String).self) { … }
/// ```
///
/// Connections are made and kept by ``run()``; calls that come before it has made one wait. Without a service group use
/// ``withDoSQLClient(_:_:)``. Calls of many tasks share connections and go out without waiting for one another.
public final class DoSQLClient: Sendable, Service {
    /// What the client was made with.
    public let configuration: Configuration
    let runner: CallRunner

    /// A client that connects when ``run()`` is called.
    ///
    /// - Parameters:
    ///   - configuration: the server and everything else.
    ///   - eventLoopGroup: where the sockets live.
    public init(
        _ configuration: Configuration, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.configuration = configuration
        runner = CallRunner(configuration, pool: ConnectionPool(configuration, eventLoopGroup: eventLoopGroup))
    }

    /// A client with the defaults for a URL (`protocol/handshake.md`, *URLs*).
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/configuration`` where the text is not a DoSQL URL.
    public convenience init(url: String) throws(DoSQLError) { self.init(Configuration(try DoSQLURL(url))) }

    /// Makes connections and keeps them until the task is cancelled or the service group shuts down gracefully: then calls
    /// in progress are finished, transactions included, and new ones are ``DoSQLError/Code/clientShutDown``.
    public func run() async {
        await withGracefulShutdownHandler {
            await runner.pool.run()
        } onGracefulShutdown: { [pool = runner.pool] in
            pool.shutDown()
        }
    }

    /// A tenant by name. Costs nothing; the server hears of it with the first call.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 of `A-Z a-z 0-9 . _ : -`, the first a letter or digit; otherwise calls throw
    ///     ``DoSQLError/Code/tenantNameInvalid``.
    ///   - access: whether writes are allowed.
    ///   - creation: whether a tenant that is not there is made.
    public func tenant(
        _ name: String, access: Tenant.Access = .readWrite, creation: Tenant.Creation = .asConfigured
    ) -> Tenant {
        Tenant(
            runner: runner,
            key: StreamKey(tenant: name, isReadOnly: access == .readOnly, mayCreate: creation == .asConfigured))
    }

    /// The tenant that the URL names; nil if it names none.
    public var tenant: Tenant? { configuration.tenant.map { tenant($0) } }

    /// The names of tenants, in the order of their bytes, one page at a time (`protocol/messages.md`, *Tenants*).
    ///
    /// - Parameters:
    ///   - after: the name behind which the page begins; empty for the first one.
    ///   - limit: at most so many names; 1 to 1000.
    public func tenants(after: String = "", limit: Int = 1000) async throws -> TenantPage {
        try await runner.observed("tenants") {
            let answer = try await runner.call(.tenants(after: after, limit: limit), on: .connection).answer
            guard case .tenants(let list) = answer else { throw DoSQLError.unexpected("another kind of answer") }
            return TenantPage(names: list.names, hasMore: list.hasMore)
        }
    }

    /// Asks the server for a sign of life (`protocol/handshake.md`, PING).
    ///
    /// - Returns: how long it took, the wait for a connection included.
    @discardableResult
    public func ping() async throws -> Duration {
        let start = ContinuousClock.now
        _ = try await runner.observed("ping") { try await runner.call(.ping, on: .connection) }
        return start.duration(to: .now)
    }
}

/// A page of tenants' names.
public struct TenantPage: Hashable, Sendable {
    /// The names, in the order of their bytes.
    public var names: [String]
    /// Whether there are more: ask again with the last name.
    public var hasMore: Bool
}

/// Runs a closure with a client whose connections live as long as the closure.
///
/// - Parameters:
///   - url: a DoSQL URL.
///   - body: gets the client.
/// - Returns: what the closure returned.
/// - Throws: what the closure throws; ``DoSQLError`` with the code ``DoSQLError/Code/configuration`` where the text is not a
///   DoSQL URL.
public func withDoSQLClient<Result>(
    _ url: String, _ body: (DoSQLClient) async throws -> Result
) async throws -> Result {
    try await withDoSQLClient(DoSQLClient.Configuration(try DoSQLURL(url)), body)
}

/// Runs a closure with a client whose connections live as long as the closure.
public func withDoSQLClient<Result>(
    _ configuration: DoSQLClient.Configuration, _ body: (DoSQLClient) async throws -> Result
) async throws -> Result {
    let client = DoSQLClient(configuration)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        defer { group.cancelAll() }
        return try await body(client)
    }
}
