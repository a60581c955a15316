public import Logging
import Synchronization

/// From which level on events are logged: shared by all handlers, changed while the server runs.
public final class LogThreshold: Sendable {
    private let index: Atomic<Int>

    /// A threshold at a level.
    public init(_ level: Logger.Level) {
        index = Atomic(Self.index(of: level))
    }

    /// The level.
    public var level: Logger.Level {
        get { Logger.Level.allCases[index.load(ordering: .relaxed)] }
        set { index.store(Self.index(of: newValue), ordering: .relaxed) }
    }

    private static func index(of level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
