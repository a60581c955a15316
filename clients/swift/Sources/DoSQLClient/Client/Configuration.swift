public import Logging

extension DoSQLClient {
    /// How a client finds its server, and what it does when things go wrong. Every default is meant for use.
    public struct Configuration: Sendable {
        /// The server.
        public var endpoint: DoSQLURL.Endpoint
        /// How connections are secured; nil: they are not.
        public var tls: TLS?
        /// The token that HELLO carries, and that of the URL.
        public var token: String?
        /// Gives the token of each new connection, instead of ``token``: for tokens that live shorter than the client,
        /// such as JWTs. The server ends a connection whose token has expired, and the client makes another one; reads
        /// that were under way then go to it. What it throws fails the calls that wait for a connection, with
        /// ``DoSQLError/Code/unauthenticated`` and the error below it; the next call has it asked again.
        public var tokenProvider: (@Sendable () async throws -> String)?
        /// The tenant that ``DoSQLClient/tenant`` means; a URL names it.
        public var tenant: String?
        /// Connections that are kept open; at least 1.
        public var connectionsMin = 1
        /// Connections at most. Requests share them, so a few are enough for thousands of tasks.
        public var connectionsMax = 4
        /// Calls on one connection beyond which another is opened.
        public var callsPerConnection = 64
        /// A connection beyond ``connectionsMin`` that had nothing to do for so long is closed.
        public var connectionIdleMax = Duration.seconds(60)
        /// How long making a connection may take, HELLO_OK included.
        public var connectTimeout = Duration.seconds(5)
        /// How long a call waits for a connection while none can be had.
        public var connectionWaitMax = Duration.seconds(10)
        /// A connection that was silent for so long is asked whether it lives.
        public var heartbeatInterval = Duration.seconds(15)
        /// The deadline of calls that are given none; nil: they have none.
        public var deadline: Duration?
        /// How much longer than a deadline a call waits for the server to say that it was met.
        public var deadlineGrace = Duration.milliseconds(500)
        /// Whether writes outside a transaction get an idempotency key of their own, so that they can be repeated when
        /// their answer is lost. Costs the server a row for each, kept for a day.
        public var keysWrites = false
        /// Whether COMMIT carries a key, so that a lost answer can be asked for. See `protocol/transactions.md`.
        public var keysCommits = true
        /// When calls are repeated, and how long reconnecting waits.
        public var retry = RetryPolicy.standard
        /// Bytes of rows that ``DoSQLDatabase/query(_:deadline:rowsMax:idempotencyKey:)`` collects before it ends with
        /// ``DoSQLError/Code/resultTooLarge``; ``DoSQLDatabase/stream(_:deadline:credit:)`` has no bound.
        public var resultBytesMax = 64 * 1024 * 1024
        /// The longest frame body that the server may send.
        public var frameMax = 16 * 1024 * 1024
        /// Prepared statements a connection; 0: none.
        public var statementsMax = 256
        /// Whether calls are traced through swift-distributed-tracing.
        public var traces = true
        /// For what happens to connections; calls throw instead of logging.
        public var logger = Logger(label: "dosql.client")

        /// The defaults, for a server.
        public init(endpoint: DoSQLURL.Endpoint = .host("127.0.0.1"), token: String? = nil, tenant: String? = nil) {
            self.endpoint = endpoint
            self.token = token
            self.tenant = tenant
        }

        /// The defaults, for the server and tenant of a URL, with a token for each connection.
        /// - Parameter token: see ``tokenProvider``.
        public init(_ url: DoSQLURL, token: @escaping @Sendable () async throws -> String) {
            self.init(url)
            tokenProvider = token
        }

        /// The defaults, for the server, token and tenant of a URL; with TLS where it is `dosqls://`.
        public init(_ url: DoSQLURL) {
            self.init(endpoint: url.endpoint, token: url.token, tenant: url.tenant)
            if url.isSecure { tls = TLS() }
        }
    }
}
