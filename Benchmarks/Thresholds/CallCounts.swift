import BenchmarkSupport
import Foundation

/// What a server has asked of the allocator and of the kernel so far: `Benchmarks/CallCounter` counts it.
struct CallCounts {
    var allocations: UInt64
    var systemCalls: UInt64

    /// - Parameter path: the file that the server was given in `CALL_COUNTS`.
    init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        guard bytes.count == 16 else { throw BenchmarkError("\(path) does not hold two numbers") }
        func number(_ start: Int) -> UInt64 {
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        allocations = number(0)
        systemCalls = number(8)
    }
}
