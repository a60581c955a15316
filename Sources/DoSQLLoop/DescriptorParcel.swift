import Synchronization

/// A descriptor on its way through a mailbox: taken once, closed if nobody does.
///
/// It exists because a message is copyable and a descriptor is not.
public final class DescriptorParcel: Sendable {
    private let content: Mutex<Descriptor?>

    /// Wraps a descriptor up.
    public init(_ descriptor: consuming Descriptor) {
        content = Mutex(descriptor)
    }

    /// Takes the descriptor out; `nil` for whoever comes second.
    public func take() -> Descriptor? {
        content.withLock { $0.take() }
    }
}
