/// An HTTP answer as a test sees it.
public struct HTTPAnswer: Sendable {
    /// Such as 200.
    public let status: Int
    /// The fields as they came, names in lower case.
    public let headers: [(name: String, value: String)]
    /// The body, with chunks put together; empty where it is read as a stream.
    public var body: [UInt8]
    /// Whether the body came to its end as its framing has it; false: the connection ended in its midst.
    public var isComplete: Bool

    /// The first field of a name (in lower case).
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }
}
