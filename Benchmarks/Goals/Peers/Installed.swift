import FoundationEssentials

/// Programs of the system.
enum Installed {
    /// The path of the first of these that is there.
    static func program(_ paths: String...) throws -> String {
        for path in paths where FileManager.default.isExecutableFile(atPath: path) { return path }
        throw PeerMissing("\(paths[0].split(separator: "/").last ?? "") is not installed")
    }
}
