#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The moment at which a test stops waiting: nothing that hangs may hang the tests.
public struct Deadline: Sendable {
    /// How long anything is waited for unless a test says otherwise. Long, because a loaded machine is no bug.
    public static let patience = Duration.seconds(30)

    private let end: ContinuousClock.Instant

    /// The moment `patience` from now.
    public init(in patience: Duration = Deadline.patience) { end = .now + patience }

    /// Whether it is over.
    public var isOver: Bool { left <= .zero }

    /// How much time is left.
    public var left: Duration { ContinuousClock.now.duration(to: end) }

    /// The same in whole milliseconds, as `poll` takes it.
    var milliseconds: Int32 {
        let parts = left.components
        return Int32(clamping: max(0, parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000 + 1))
    }

    /// Asks again and again until `condition` holds; false if it never did. Only for what gives no event to wait for.
    public static func poll(for patience: Duration = Deadline.patience, _ condition: () throws -> Bool) rethrows -> Bool
    {
        let deadline = Deadline(in: patience)
        while true {
            if try condition() { return true }
            if deadline.isOver { return false }
            usleep(2_000)
        }
    }
}
