import Metrics
import NIOCore
import Synchronization
import Tracing

/// Carries calls out: finds a connection, keeps the deadline, repeats what may be repeated, counts and traces.
final class CallRunner: Sendable {
    let configuration: DoSQLClient.Configuration
    let pool: ConnectionPool
    private let timers = Mutex<[TimerKey: Timer]>([:])
    private let retries = Counter(label: "dosql.client.retries")

    private struct TimerKey: Hashable {
        var operation: String
        var outcome: String
    }

    init(_ configuration: DoSQLClient.Configuration, pool: ConnectionPool) {
        self.configuration = configuration
        self.pool = pool
    }

    /// One request on a stream that others share.
    ///
    /// - Parameters:
    ///   - body: the request, without its deadline.
    ///   - route: where it goes.
    ///   - deadline: of all attempts together; nil: the configured one.
    func call(
        _ body: RequestBody, on route: Route, deadline: Duration? = nil
    ) async throws -> CollectedAnswer {
        try await repeating(body.repeatability, deadline: deadline) { pooled, remaining in
            defer { pooled.release() }
            return try await pooled.connection.call(
                body.given(deadline: remaining?.deadlineMilliseconds), on: route,
                bytesMax: self.configuration.resultBytesMax,
                guardTime: self.guardTime(remaining))
        }
    }

    /// How long this side waits for an answer under a deadline.
    func guardTime(_ remaining: Duration?) -> TimeAmount? {
        remaining.map { TimeAmount($0 + configuration.deadlineGrace) }
    }

    /// Attempts something with a connection, which it must release, until it succeeds or must not be repeated.
    func repeating<Result>(
        _ repeatability: Repeatability, deadline: Duration? = nil,
        _ attempt: (PooledConnection, _ remaining: Duration?) async throws -> Result
    ) async throws -> Result {
        let deadline = deadline ?? configuration.deadline
        let start = ContinuousClock.now
        var attempts = 1
        while true {
            let remaining = deadline.map { $0 - start.duration(to: .now) }
            if let remaining, remaining <= .zero {
                throw DoSQLError(.timeout, "the deadline was met before the request was sent", isRetryable: true)
            }
            do {
                let pooled = try await pool.acquire(limit: remaining)
                return try await attempt(pooled, deadline.map { $0 - start.duration(to: .now) })
            } catch var error as DoSQLError {
                error.attempts = attempts
                guard let pause = configuration.retry.pause(after: error, attempt: attempts, of: repeatability) else {
                    throw error
                }
                if let deadline, start.duration(to: .now) + pause >= deadline { throw error }
                retries.increment()
                attempts += 1
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Counts and traces one call of an application.
    ///
    /// Metrics: timer `dosql.client.call.duration` with the dimensions `operation` (`query`, `run`, `transaction`…) and
    /// `outcome` (`ok`, a code's name, or `cancelled`); counter `dosql.client.retries`; gauge
    /// `dosql.client.connections`. Spans: `dosql.<operation>` with `db.system.name`, `db.namespace`, `db.operation.name`,
    /// `db.query.text` (no values), `server.address`, `server.port` and, of failures, `error.type`.
    func observed<Result>(
        _ operation: String, tenant: String? = nil, text: String? = nil, _ work: () async throws -> Result
    ) async throws -> Result {
        let start = ContinuousClock.now
        let span: (any Span)? = configuration.traces ? startSpan("dosql.\(operation)", ofKind: .client) : nil
        span?.updateAttributes { attributes in
            attributes["db.system.name"] = "dosql"
            attributes["db.operation.name"] = operation
            attributes["db.namespace"] = tenant
            attributes["db.query.text"] = text
            switch configuration.endpoint {
            case .host(let host, let port):
                attributes["server.address"] = host
                attributes["server.port"] = port
            case .unixSocket(let path):
                attributes["server.address"] = path
            }
        }
        defer { span?.end() }
        do {
            let result = try await work()
            record(operation, "ok", since: start)
            return result
        } catch {
            let outcome = error is CancellationError ? "cancelled" : (error as? DoSQLError)?.code.name ?? "error"
            record(operation, outcome, since: start)
            span?.attributes["error.type"] = outcome
            span?.recordError(error)
            span?.setStatus(SpanStatus(code: .error))
            throw error
        }
    }

    private func record(_ operation: String, _ outcome: String, since start: ContinuousClock.Instant) {
        let timer = timers.withLock { timers in
            let key = TimerKey(operation: operation, outcome: outcome)
            if let timer = timers[key] { return timer }
            let timer = Timer(
                label: "dosql.client.call.duration", dimensions: [("operation", operation), ("outcome", outcome)])
            timers[key] = timer
            return timer
        }
        timer.record(duration: start.duration(to: .now))
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, as deadlines go over the wire.
    var deadlineMilliseconds: UInt64 {
        let (seconds, attoseconds) = components
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return UInt64(clamping: max(1, seconds.multipliedReportingOverflow(by: 1000).partialValue + fraction))
    }
}
