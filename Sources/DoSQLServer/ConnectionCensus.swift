import DoSQLLoop
import DoSQLProtocol
import Synchronization

/// How many connections there are, in all and from each address: counted when one is accepted and when it ends, never in
/// between.
final class ConnectionCensus: Sendable {
    private struct Counts {
        var all = 0
        var byAddress: [PeerAddress: Int] = [:]
    }

    private let connectionsMax: Int
    private let addressMax: Int
    private let boundsOwnMachine: Bool
    private let counts = Mutex(Counts())

    /// - Parameters:
    ///   - addressMax: connections of one address; nil: the default, for other machines' only.
    init(connectionsMax: Int, addressMax: Int?) {
        self.connectionsMax = connectionsMax
        self.addressMax = addressMax ?? Limits.addressConnectionsMax
        boundsOwnMachine = addressMax != nil
    }

    /// Counts a connection in, or says why it is one too many. It ends with ``ended(_:)``.
    func admit(_ peer: PeerAddress) -> Failure? {
        counts.withLock { counts in
            guard counts.all < connectionsMax else {
                return Failure(
                    .tooManyConnections, "this server takes at most \(connectionsMax) connections",
                    limit: ("connectionsMax", connectionsMax))
            }
            let own = counts.byAddress[peer, default: 0]
            guard own < addressMax || (peer.isOwnMachine && !boundsOwnMachine) else {
                return Failure(
                    .tooManyConnections, "this server takes at most \(addressMax) connections of one address",
                    limit: ("addressConnectionsMax", addressMax))
            }
            counts.all += 1
            counts.byAddress[peer] = own + 1
            return nil
        }
    }

    /// Counts a connection out.
    func ended(_ peer: PeerAddress) {
        counts.withLock { counts in
            counts.all -= 1
            let left = counts.byAddress[peer, default: 1] - 1
            counts.byAddress[peer] = left > 0 ? left : nil
        }
    }
}
