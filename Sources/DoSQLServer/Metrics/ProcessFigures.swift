import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the system knows of this process, from `/proc` (proc(5)). Reads files: not for an event loop.
struct ProcessFigures {
    /// Seconds that the processors have worked for it, in user and system mode.
    let processorSeconds: Double
    /// Seconds since 1970 when it began.
    let startTime: Double
    /// Bytes of address space.
    let virtualMemory: UInt64
    /// Bytes of memory.
    let residentMemory: UInt64
    /// Open descriptors.
    let descriptors: Int
    /// How many it may have, nil if there is no bound.
    let descriptorsMax: UInt64?

    /// The figures of now; nil where there is no `/proc`.
    init?() {
        guard let stat = Self.text("/proc/self/stat"), let name = stat.lastIndex(of: ")"),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        else { return nil }
        // Behind the name, which may have spaces in it, comes field 3.
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        func field(_ number: Int) -> UInt64? { number - 3 < fields.count ? UInt64(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let size = field(23),
            let pages = field(24), let boot = Self.bootTime
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        processorSeconds = Double(user + system) / ticks
        startTime = boot + Double(start) / ticks
        virtualMemory = size
        residentMemory = pages &* UInt64(sysconf(Int32(_SC_PAGESIZE)))
        // The directory itself was open while it was read.
        self.descriptors = descriptors - 1
        descriptorsMax = Self.text("/proc/self/limits")?.split(separator: "\n")
            .first { $0.hasPrefix("Max open files") }?.split(separator: " ").dropFirst(3).first.flatMap { UInt64($0) }
    }

    private static var bootTime: Double? {
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
