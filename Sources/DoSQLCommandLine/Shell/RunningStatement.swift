import DoSQLLoop
import Synchronization

/// What Ctrl-C cancels: the statement that is being carried out, if there is one.
final class RunningStatement: Sendable {
    private let cancellation = Mutex<(@Sendable () -> Void)?>(nil)

    /// A statement begins.
    func begin(_ cancel: @escaping @Sendable () -> Void) { cancellation.withLock { $0 = cancel } }

    /// It is over.
    func end() { cancellation.withLock { $0 = nil } }

    /// Asks it to end.
    func cancel() { cancellation.withLock { $0 }?() }

    /// Has SIGINT cancel statements instead of ending the process, as long as the result lives.
    func cancelOnInterrupt() throws -> LoopThread<SignalWatcher> {
        try LoopThread(name: "dosql-signals") { loop in try SignalWatcher(.interrupt, on: loop) { self.cancel() } }
    }
}
