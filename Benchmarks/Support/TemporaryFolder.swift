import FoundationEssentials

/// A folder that is there for the time of a benchmark.
package enum TemporaryFolder {
    /// Makes one, calls with its path, and removes it.
    package static func use(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/dosql-bench-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }
}
