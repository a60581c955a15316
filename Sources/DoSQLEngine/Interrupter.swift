internal import CSQLite
internal import Synchronization

/// Stops what runs on a connection, from any thread, at any time.
///
/// It outlives its connection; then it does nothing. An interrupt that comes while nothing runs is lost: whoever needs
/// one that sticks uses ``Budget/cancellation`` as well. <https://www.sqlite.org/c3ref/interrupt.html>
@safe
public final class Interrupter: Sendable {
    /// The lock is what makes "after the connection closed" a definite moment.
    private let database: Mutex<Handle?>

    @safe
    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    init(_ database: OpaquePointer) {
        unsafe self.database = Mutex(Handle(pointer: database))
    }

    /// Fails the running statements with `SQLITE_INTERRUPT` as soon as they notice; a write rolls back its transaction.
    public func interrupt() {
        database.withLock { handle in
            if let handle { unsafe sqlite3_interrupt(handle.pointer) }
        }
    }

    /// Whether there is still something to interrupt.
    var isConnected: Bool { database.withLock { $0 != nil } }

    /// After this the connection may go.
    func invalidate() {
        database.withLock { $0 = nil }
    }
}
