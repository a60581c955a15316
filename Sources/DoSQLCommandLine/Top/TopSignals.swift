import DoSQLLoop

/// Hears the signals that end a program, so that it can put things right first.
struct TopSignals {
    private let thread: LoopThread<[SignalWatcher]>

    /// - Parameter received: on another thread.
    init(_ received: @escaping @Sendable (Signal) -> Void) throws {
        thread = try LoopThread(name: "dosql-signals") { loop in
            try Signal.allCases.map { signal in try SignalWatcher(signal, on: loop) { received(signal) } }
        }
    }

    /// Signals have their former effect again.
    func stop() {
        thread.stop()
        thread.join()
    }
}
