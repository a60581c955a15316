import DoSQLEngine
import Synchronization

/// A connection on its way through a mailbox: taken once, closed if nobody does.
final class ConnectionParcel: Sendable {
    private let content: Mutex<Connection?>

    init(_ connection: consuming Connection) {
        content = Mutex(connection)
    }

    func take() -> Connection? { content.withLock { $0.take() } }
}
