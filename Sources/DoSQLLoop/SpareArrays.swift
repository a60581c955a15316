/// A few empty arrays with capacity, so that a stream whose array had to stay with libuv gets another for it.
struct SpareArrays {
    private static let countMax = 16
    /// Above this an array is given back to the allocator: one big answer must not stay in memory for good.
    static let capacityMax = 256 * 1024

    private var arrays: [[UInt8]] = []

    mutating func take() -> [UInt8] {
        arrays.popLast() ?? []
    }

    mutating func giveBack(_ array: consuming [UInt8]) {
        guard array.capacity <= Self.capacityMax, arrays.count < Self.countMax else { return }
        array.removeAll(keepingCapacity: true)
        arrays.append(array)
    }
}
