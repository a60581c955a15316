/// How many connections ask, and how many requests each keeps in flight.
package struct LoadShape: CustomStringConvertible, Hashable, Sendable {
    package let connections: Int
    package let depth: Int

    package init(connections: Int, depth: Int) {
        self.connections = connections
        self.depth = depth
    }

    /// Reads `CONNECTIONSxDEPTH`; nil if it is something else, or has a nought.
    package init?(argument: String) {
        let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let connections = Int(parts[0]), let depth = Int(parts[1]), connections > 0, depth > 0
        else { return nil }
        self.init(connections: connections, depth: depth)
    }

    package var description: String { "\(connections) × \(depth)" }
}
