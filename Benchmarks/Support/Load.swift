package import DoSQLLoad
package import DoSQLLoop

/// One kind of traffic, measured.
package enum Load {
    /// Asks for so long.
    package static func run(_ traffic: Traffic, seconds: Double, cpuOf usage: ProcessUsage?) throws -> Figures {
        Figures(try measure([traffic], seconds: seconds, cpuOf: usage))
    }

    /// Asks in several ways at a time, for so long.
    package static func measure(
        _ traffic: [Traffic], seconds: Double, cpuOf usage: ProcessUsage?
    ) throws -> LoadFigures {
        let generator = try LoadGenerator()
        for traffic in traffic { generator.add(traffic) }
        let figures = try generator.run(
            warmUp: min(0.2, seconds), seconds: seconds, serverCPU: { usage?.cpuSeconds() ?? .nan })
        for kind in figures.kinds where kind.sent != kind.received {
            throw BenchmarkError("\(kind.sent) requests were sent, and \(kind.received) answered")
        }
        return figures
    }

    /// Point reads in a closed loop.
    package static func pointReads(
        _ table: UsersTable, at address: ListenAddress, _ shape: LoadShape, tenant: String = "bench", seconds: Double,
        cpuOf usage: ProcessUsage?
    ) throws -> Figures {
        let traffic = Traffic(to: address, connections: shape.connections) { _ in
            table.pointReads(depth: shape.depth, tenant: tenant)
        }
        return try run(traffic, seconds: seconds, cpuOf: usage)
    }
}
