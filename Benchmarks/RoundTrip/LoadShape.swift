import ArgumentParser

/// How many connections ask, and how many requests each keeps in flight.
struct LoadShape: ExpressibleByArgument, CustomStringConvertible {
    let connections: Int
    let depth: Int

    init(connections: Int, depth: Int) {
        self.connections = connections
        self.depth = depth
    }

    init?(argument: String) {
        let parts = argument.split(separator: "x")
        guard parts.count == 2, let connections = Int(parts[0]), let depth = Int(parts[1]), connections > 0, depth > 0
        else { return nil }
        self.init(connections: connections, depth: depth)
    }

    var description: String { "\(connections) x \(depth)" }
}
