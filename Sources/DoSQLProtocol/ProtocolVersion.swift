/// The versions of the protocol that this module speaks (`protocol/handshake.md`, HELLO).
public enum ProtocolVersion {
    /// The lowest.
    @inlinable public static var min: UInt16 { 1 }
    /// The highest.
    @inlinable public static var max: UInt16 { 1 }

    /// The highest version that both sides speak, if there is one.
    public static func common(min peerMin: UInt16, max peerMax: UInt16) -> UInt16? {
        let highest = Swift.min(peerMax, max)
        return highest >= Swift.max(peerMin, min) ? highest : nil
    }
}

/// Features a client may ask for; version 1 gives out none (`protocol/handshake.md`, HELLO).
public struct FeatureSet: OptionSet, Hashable, Sendable {
    /// The bits as they are sent.
    public let rawValue: UInt64

    /// Features from bits; unknown ones are ignored by whoever grants them.
    @inlinable
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// What this module can grant.
    public static var supported: FeatureSet { [] }
}
