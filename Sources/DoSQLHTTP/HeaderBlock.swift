/// Header lines of a response, encoded as they are added.
///
/// What is the same for many answers can be made once and appended to each.
public struct HeaderBlock: Sendable, Equatable {
    /// The lines, each with its CRLF.
    public private(set) var bytes: [UInt8] = []

    /// A block without lines.
    public init() {}

    /// A block of these lines.
    public init(_ fields: KeyValuePairs<String, String>) {
        for (name, value) in fields { add(name, value) }
    }

    /// Whether there are no lines.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Adds a line.
    ///
    /// Whatever the value has, it stays one line: octets that may not stand in a value become spaces (RFC 9110 section
    /// 5.5).
    /// - Parameter name: a token; names are ours, not a client's.
    public mutating func add(_ name: String, _ value: String) {
        reserve(name.utf8.count + value.utf8.count + 4)
        for octet in name.utf8 { precondition(Octet.isToken(octet), "a header's name is a token") }
        bytes.append(contentsOf: name.utf8)
        bytes.append(0x3A)
        bytes.append(Octet.space)
        if value.utf8.allSatisfy(Octet.isFieldValue) {
            bytes.append(contentsOf: value.utf8)
        } else {
            for octet in value.utf8 { bytes.append(Octet.isFieldValue(octet) ? octet : Octet.space) }
        }
        bytes.append(Octet.carriageReturn)
        bytes.append(Octet.lineFeed)
    }

    /// The beginning of a line whose value ends in a number.
    public struct Numbered: Sendable {
        fileprivate let bytes: [UInt8]

        /// - Parameters:
        ///   - name: a token.
        ///   - prefix: what stands in front of the number.
        public init(_ name: String, prefix: String) {
            var block = HeaderBlock()
            block.add(name, prefix)
            bytes = block.bytes.dropLast(2)
        }
    }

    /// Adds a line whose value ends in a number.
    public mutating func add(_ line: Numbered, _ number: Int) {
        reserve(line.bytes.count + 22)
        bytes.append(contentsOf: line.bytes)
        Decimal.encode(number, into: &bytes)
        bytes.append(Octet.carriageReturn)
        bytes.append(Octet.lineFeed)
    }

    /// Adds the lines of another block.
    public mutating func append(_ block: HeaderBlock) {
        bytes.append(contentsOf: block.bytes)
    }

    /// Makes room for `count` more octets, and for as much as most blocks have: few of them grow twice.
    private mutating func reserve(_ count: Int) {
        let needed = bytes.count + count
        if needed > bytes.capacity { bytes.reserveCapacity(max(needed, 2 * bytes.capacity, 112)) }
    }
}
