/// What was counted of a tenant's requests, or of those of several tenants.
struct TenantFigures: Sendable {
    var requests: UInt64 = 0
    /// Those that were answered with an error.
    var errors: UInt64 = 0
    /// Bytes of their bodies.
    var bytesReceived: UInt64 = 0
    /// Bytes of their answers.
    var bytesSent: UInt64 = 0
    var latency = LatencyCounts()

    /// Adds what was counted elsewhere.
    mutating func add(_ other: TenantFigures) {
        requests &+= other.requests
        errors &+= other.errors
        bytesReceived &+= other.bytesReceived
        bytesSent &+= other.bytesSent
        latency.add(other.latency)
    }
}
