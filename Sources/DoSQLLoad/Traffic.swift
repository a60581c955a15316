package import DoSQLLoop

/// Connections that all do the same, and are counted together.
package struct Traffic {
    /// When a burst is sent.
    package enum Pace: Sendable {
        /// When the one before it is answered.
        case closed
        /// So many a second over all connections, whatever is still to be answered. Latency counts from the moment at
        /// which a burst should have been sent, so that a server that stalls cannot hide what waited meanwhile.
        case rate(Double)
    }

    package let address: ListenAddress
    package let connections: Int
    package let pace: Pace
    /// What the connection with this number, from 0, says. Paced, it has one step with one answer.
    package let dialogue: (Int) throws -> Dialogue
    /// What stands between its bytes and the wire.
    package let transform: (() throws -> any StreamTransform)?

    package init(
        to address: ListenAddress, connections: Int, pace: Pace = .closed,
        transform: (() throws -> any StreamTransform)? = nil, dialogue: @escaping (Int) throws -> Dialogue
    ) {
        self.address = address
        self.connections = connections
        self.pace = pace
        self.dialogue = dialogue
        self.transform = transform
    }

    var isPaced: Bool {
        if case .rate = pace { true } else { false }
    }
}
