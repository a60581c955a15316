import DoSQLServer

/// What a server did between two of its reports. Without an earlier one, or if the server began anew between them: since
/// it began.
struct TopInterval {
    /// What one tenant did, or all that have no series of their own.
    struct Tenant {
        let name: String
        let requests: Double
        let errors: Double
        let latency: LatencyDistribution
        /// Nil for the others together, of whom that is not known.
        let own: Own?
    }

    /// What is known of one tenant alone.
    struct Own {
        let rows: Double
        /// Statements that ran at a time, on average: 0.5 if one ran half of the time.
        let busy: Double
        let report: ServerReport.Tenant
    }

    /// A text that ran.
    struct Statement {
        let report: ServerReport.Statement
        let calls: Double
        /// Milliseconds a second.
        let time: Double
        let rows: Double
    }

    /// The report at its end.
    let report: ServerReport
    let seconds: Double
    /// A second, of all.
    let requests: Double
    let errors: Double
    let rows: Double
    let slowStatements: Double
    let commits: Double
    /// Writes that shared a commit, on average; nil if there was none.
    let groupSize: Double?
    let received: Double
    let sent: Double
    let refused: Double
    let tokenFailures: Double
    let handshakes: Double
    let failedHandshakes: Double
    /// Processors that worked for it; nil if it does not know.
    let processors: Double?
    let latency: LatencyDistribution
    let tenants: [Tenant]
    let others: Tenant
    let statements: [Statement]
    /// Errors that were answered, by code, and limits that were met, by name, each a second; what came most first.
    let errorCodes: [(name: String, rate: Double)]
    let limitsMet: [(name: String, rate: Double)]

    init(from earlier: ServerReport?, to later: ServerReport) {
        let earlier = earlier.flatMap { $0.uptimeMs < later.uptimeMs ? $0 : nil }
        let seconds = max((later.uptimeMs - (earlier?.uptimeMs ?? 0)) / 1000, 0.001)
        report = later
        self.seconds = seconds
        func rate(_ before: UInt64?, _ after: UInt64) -> Double { Self.growth(before, after) / seconds }
        func rate(_ path: KeyPath<ServerReport, UInt64>) -> Double {
            rate(earlier?[keyPath: path], later[keyPath: path])
        }
        func ofFaces(_ path: KeyPath<ServerReport.Face, UInt64>) -> Double {
            rate(
                earlier.map { $0.faces.reduce(0) { $0 &+ $1[keyPath: path] } },
                later.faces.reduce(0) { $0 &+ $1[keyPath: path] })
        }
        requests = ofFaces(\.requests)
        errors = ofFaces(\.errors)
        received = ofFaces(\.receivedBytes)
        sent = ofFaces(\.sentBytes)
        rows = rate(\.rows)
        slowStatements = rate(\.slowStatements)
        commits = rate(\.commits)
        let groups = Self.growth(earlier?.groups, later.groups)
        groupSize = groups > 0 ? Self.growth(earlier?.groupedWrites, later.groupedWrites) / groups : nil
        refused = rate(\.connectionsRefused)
        tokenFailures = rate(\.authenticationFailures)
        handshakes = rate(\.tlsHandshakes)
        failedHandshakes = rate(\.tlsHandshakesFailed)
        processors = later.process.map {
            max(0, $0.processorSeconds - (earlier?.process?.processorSeconds ?? 0)) / seconds
        }
        let bounds = later.latencyBounds
        func latency(_ before: [UInt64]?, _ after: [UInt64]) -> LatencyDistribution {
            LatencyDistribution(bounds: bounds, from: before ?? after.map { _ in 0 }, to: after)
        }
        self.latency = latency(earlier.map { Self.sum($0.faces.map(\.latency)) }, Self.sum(later.faces.map(\.latency)))
        let known = Dictionary((earlier?.tenants ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        tenants = later.tenants.map { tenant in
            let before = known[tenant.name]
            return Tenant(
                name: tenant.name, requests: rate(before?.figures.requests, tenant.figures.requests),
                errors: rate(before?.figures.errors, tenant.figures.errors),
                latency: latency(before?.figures.latency, tenant.figures.latency),
                own: Own(
                    rows: rate(before?.rows, tenant.rows),
                    busy: Self.growth(before?.statementMs, tenant.statementMs) / 1000 / seconds, report: tenant))
        }
        let other = (before: earlier?.otherTenants, after: later.otherTenants)
        others = Tenant(
            name: "", requests: rate(other.before?.requests, other.after.requests),
            errors: rate(other.before?.errors, other.after.errors),
            latency: latency(other.before?.latency, other.after.latency), own: nil)
        let ran = Dictionary(
            (earlier?.topStatements ?? []).map { (Self.key($0), $0) }, uniquingKeysWith: { first, _ in first })
        // Who is new in a list that was full may have run before: nobody knows how much of that was now.
        let wasFull = earlier.map { $0.topStatements.count >= later.topStatements.count } ?? false
        statements = later.topStatements.map { statement in
            let before = ran[Self.key(statement)] ?? (wasFull ? statement : nil)
            return Statement(
                report: statement, calls: rate(before?.count, statement.count),
                time: Self.growth(before?.totalMs, statement.totalMs) / seconds,
                rows: rate(before?.rows, statement.rows))
        }
        func met(_ before: [String: UInt64]?, _ after: [String: UInt64]) -> [(name: String, rate: Double)] {
            let rates = after.map { name, count in (name: name, rate: rate(before.map { $0[name] ?? 0 }, count)) }
            return rates.filter { $0.rate > 0 }.sorted { ($1.rate, $0.name) < ($0.rate, $1.name) }
        }
        errorCodes = met(earlier?.errors, later.errors)
        limitsMet = met(earlier?.limitsMet, later.limitsMet)
    }

    private struct Key: Hashable {
        let tenant: String
        let sql: String
    }

    private static func key(_ statement: ServerReport.Statement) -> Key {
        Key(tenant: statement.tenant, sql: statement.sql)
    }

    /// How much a count has grown; one that is less than before began anew.
    private static func growth(_ before: UInt64?, _ after: UInt64) -> Double {
        let before = before ?? 0
        return Double(after >= before ? after - before : after)
    }

    private static func growth(_ before: Double?, _ after: Double) -> Double {
        let before = before ?? 0
        return after >= before ? after - before : after
    }

    private static func sum(_ all: [[UInt64]]) -> [UInt64] {
        guard var sum = all.first else { return [] }
        for counts in all.dropFirst() {
            for (index, count) in counts.enumerated() where index < sum.count { sum[index] &+= count }
        }
        return sum
    }
}
