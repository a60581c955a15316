import ArgumentParser

/// How many connections ask, and how many requests each keeps in flight.
package struct LoadShape: ExpressibleByArgument, CustomStringConvertible, Sendable {
    package let connections: Int
    package let depth: Int

    package init(connections: Int, depth: Int) {
        self.connections = connections
        self.depth = depth
    }

    package init?(argument: String) {
        let parts = argument.split(separator: "x")
        guard parts.count == 2, let connections = Int(parts[0]), let depth = Int(parts[1]), connections > 0, depth > 0
        else { return nil }
        self.init(connections: connections, depth: depth)
    }

    package var description: String { "\(connections) x \(depth)" }
}
