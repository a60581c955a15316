/// A header of an answer.
public struct WebSocketHeader: Hashable, Sendable {
    /// Its name, as it is written.
    public let name: String
    /// Its value.
    public let value: String
}
