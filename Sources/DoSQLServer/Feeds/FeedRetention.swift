/// How much of a feed a tenant keeps. What is older is removed in the background, some rows at a time.
///
/// Only a table that has been published to is trimmed: one that merely has a feed's name is left alone.
public struct FeedRetention: Sendable, Hashable {
    /// Rows; nil: as many as there are.
    public var rowsMax: Int?
    /// Seconds since a row's `created_at`; nil: for ever.
    public var secondsMax: Int?

    /// With neither bound, everything is kept.
    public init(rowsMax: Int? = nil, secondsMax: Int? = nil) {
        self.rowsMax = rowsMax
        self.secondsMax = secondsMax
    }

    /// Whether anything is ever removed.
    var isBounded: Bool { rowsMax != nil || secondsMax != nil }
}
