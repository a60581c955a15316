import Glibc

/// An open file descriptor with one owner: closed when the owner lets go of it.
public struct Descriptor: ~Copyable, Sendable {
    /// The number, borrowed: do not close it.
    public let rawValue: Int32

    /// Takes over an open descriptor.
    public init(owning rawValue: Int32) {
        precondition(rawValue >= 0, "A descriptor is not negative")
        self.rawValue = rawValue
    }

    deinit {
        Glibc.close(rawValue)
    }

    /// Gives the number away; the taker closes it.
    public consuming func take() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}
