import Glibc

/// Where a connection comes from, as far as whoever it is can be told from others: an IPv4 address, the first 64 bits of
/// an IPv6 address (RFC 6177: an end site has that many to itself), or the machine itself.
public struct PeerAddress: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64
    /// Whether it is the server's own machine: a loopback address, or a socket file.
    public let isOwnMachine: Bool

    /// The other end of a connected socket.
    public init(of descriptor: borrowing Descriptor) {
        guard let address = SocketAddress.peer(of: descriptor.rawValue) else {
            self.init(high: 0, low: 0, isOwnMachine: true)
            return
        }
        self = address.sender
    }

    /// An address of these bytes in the order of the network: 4 of IPv4, 16 of IPv6.
    public init(_ bytes: [UInt8]) {
        precondition(bytes.count == 4 || bytes.count == 16, "An address has 4 or 16 bytes")
        let number = { (part: ArraySlice<UInt8>) in part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        if bytes.count == 4 {
            self.init(high: 0, low: number(bytes[...]), isOwnMachine: bytes[0] == 127)
        } else if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            // An IPv4 address on a socket of both (RFC 4291, 2.5.5.2).
            self.init(Array(bytes.suffix(4)))
        } else {
            let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
            // No IPv4 address has this low half.
            self.init(high: number(bytes.prefix(8)), low: .max, isOwnMachine: isLoopback)
        }
    }

    init(high: UInt64, low: UInt64, isOwnMachine: Bool) {
        self.high = high
        self.low = low
        self.isOwnMachine = isOwnMachine
    }
}
