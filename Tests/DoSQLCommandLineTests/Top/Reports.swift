import DoSQLServer
import Foundation

/// Reports as a server would send them, made by hand.
struct Reports {
    private static let bounds = [1_000_000, 10_000_000, 100_000_000]

    /// What a test sets; everything else is 0.
    struct Values {
        var uptimeMs = 10_000.0
        var time = "2026-11-26T10:45:12.000Z"
        var requests = 0
        var errors = 0
        var latency = [0, 0, 0, 0]
        var rows = 0
        var groups = 0
        var groupedWrites = 0
        var errorCodes: [String: Int] = [:]
        var limitsMet: [String: Int] = [:]
        var tenants: [Tenant] = []
        var others = 0
        var statements: [Statement] = []
    }

    struct Tenant {
        var name: String
        var requests = 0
        var errors = 0
        var latency = [0, 0, 0, 0]
        var statementMs = 0.0
        var waiting = 0
        var bytes = 0
    }

    struct Statement {
        var tenant: String
        var sql: String
        var count = 1
        var totalMs = 1.0
    }

    static func make(_ change: (inout Values) -> Void = { _ in }) throws -> ServerReport {
        var values = Values()
        change(&values)
        func figures(_ requests: Int, _ errors: Int, _ latency: [Int]) -> [String: Any] {
            ["requests": requests, "errors": errors, "receivedBytes": 0, "sentBytes": 0, "latency": latency]
        }
        var face = figures(values.requests, values.errors, values.latency)
        face.merge(["face": "http", "connections": 3, "tlsConnections": 1]) { $1 }
        let counts = [
            "requestsInFlight", "heapBytes", "heapBytesMax", "connectionsRefused", "authenticationFailures",
            "tlsHandshakes", "tlsHandshakesFailed", "tenantsKnown", "writesWaiting", "writesWaitingMax", "walFrames",
            "walFramesMax", "commits", "changes", "statements", "statementMs", "slowStatements",
        ]
        var report: [String: Any] = Dictionary(uniqueKeysWithValues: counts.map { ($0, 0) })
        report.merge([
            "version": "1.2.3", "time": values.time, "uptimeMs": values.uptimeMs, "latencyBounds": bounds,
            "faces": [face], "bytesInFlight": 5_242_880, "bytesInFlightMax": 1_073_741_824, "rows": values.rows,
            "groups": values.groups, "groupedWrites": values.groupedWrites, "errors": values.errorCodes,
            "limitsMet": values.limitsMet, "tenantsOpen": values.tenants.count,
            "pools": [["name": "write", "threads": 8, "working": 2, "waiting": 1]],
            "disk": ["freeBytes": 100, "sizeBytes": 1000, "freeBytesMin": 200],
            "process": ["processorSeconds": values.uptimeMs / 2000, "residentBytes": 1024, "openFiles": 7],
            "tenants": values.tenants.map { tenant -> [String: Any] in
                [
                    "name": tenant.name, "figures": figures(tenant.requests, tenant.errors, tenant.latency), "rows": 0,
                    "statementMs": tenant.statementMs, "slowStatements": 0, "requestsInFlight": 0,
                    "writesWaiting": tenant.waiting, "databaseBytes": tenant.bytes, "walBytes": 0,
                ]
            },
            "otherTenants": figures(values.others, 0, [0, 0, 0, 0]),
            "topStatements": values.statements.map { statement -> [String: Any] in
                [
                    "tenant": statement.tenant, "sql": statement.sql, "count": statement.count,
                    "totalMs": statement.totalMs, "maxMs": 1.5, "rows": 0,
                ]
            },
        ]) { $1 }
        return try JSONDecoder().decode(ServerReport.self, from: JSONSerialization.data(withJSONObject: report))
    }
}
