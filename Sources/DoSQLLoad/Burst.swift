package import DoSQLProtocol

/// Requests that are sent at once, encoded ahead: only what its slots hold is another each time.
package struct Burst: Sendable {
    package private(set) var bytes: [UInt8] = []
    package private(set) var slots: [Slot] = []
    /// How many answers end it.
    package private(set) var answers = 0
    /// The place among `slots` of the number that an answer is about, for each answer; empty: nobody asks.
    private(set) var keySlots: [Int] = []

    package init() {}

    /// Adds a request in bytes.
    /// - Parameters:
    ///   - slots: counted from the request's own beginning; the first one that is not an id is its key.
    ///   - answers: how many it gets.
    package mutating func add(_ request: [UInt8], slots: [Slot] = [], answers: Int = 1) {
        if let key = slots.firstIndex(where: { if case .requestID = $0.form { false } else { true } }) {
            keySlots += Array(repeating: self.slots.count + key, count: answers)
        }
        self.slots += slots.map { Slot(offset: bytes.count + $0.offset, form: $0.form, bound: $0.bound) }
        bytes += request
        self.answers += answers
    }

    /// Adds a frame of DoSQL's protocol.
    /// - Parameters:
    ///   - random: the values that are others each time.
    ///   - encode: writes one frame with any request id, and these values where they belong.
    package mutating func addFrame(
        random: [RandomValue] = [], _ encode: (_ writer: inout ByteWriter, _ values: [Value]) -> Void
    ) {
        var writer = ByteWriter()
        encode(&writer, random.enumerated().map { $1.marked($0) })
        let frame = writer.take()
        let id = Slot(offset: Self.requestIDOffset, form: .requestID, bound: 0)
        add(frame, slots: [id] + random.enumerated().flatMap { $1.slots($0, in: frame) })
    }

    /// The same requests `count` times.
    package func repeated(_ count: Int) -> Burst {
        var burst = Burst()
        burst.bytes.reserveCapacity(bytes.count * count)
        for _ in 0..<count {
            let start = burst.bytes.count
            burst.keySlots += keySlots.map { burst.slots.count + $0 }
            burst.slots += slots.map { Slot(offset: start + $0.offset, form: $0.form, bound: $0.bound) }
            burst.bytes += bytes
            burst.answers += answers
        }
        return burst
    }

    /// `protocol/framing.md`, the header.
    private static let requestIDOffset = 8
}
