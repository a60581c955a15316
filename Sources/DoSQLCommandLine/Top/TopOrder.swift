import ArgumentParser
import DoSQLServer

/// What `dosql top` sorts tenants by, each with the key that asks for it.
enum TopOrder: String, CaseIterable, ExpressibleByArgument {
    case requests, errors, p99, busy, queue, size, name

    /// The key that chooses it.
    var key: Character {
        switch self {
        case .requests: "r"
        case .errors: "e"
        case .p99: "p"
        case .busy: "b"
        case .queue: "w"
        case .size: "s"
        case .name: "n"
        }
    }

    /// Tenants in this order: what is most first, by name where it is the same.
    func sorted(_ tenants: [TopInterval.Tenant]) -> [TopInterval.Tenant] {
        guard self != .name else { return tenants.sorted { $0.name < $1.name } }
        return tenants.map { (tenant: $0, weight: weight($0)) }
            .sorted { ($1.weight, $0.tenant.name) < ($0.weight, $1.tenant.name) }.map(\.tenant)
    }

    private func weight(_ tenant: TopInterval.Tenant) -> Double {
        switch self {
        case .requests: tenant.requests
        case .errors: tenant.errors
        case .p99: tenant.latency.percentile(0.99) ?? -1
        case .busy: tenant.own?.busy ?? 0
        case .queue: Double(tenant.own.map { $0.report.writesWaiting + $0.report.requestsInFlight } ?? 0)
        case .size: Double(tenant.own?.report.databaseBytes ?? 0)
        case .name: 0
        }
    }
}
