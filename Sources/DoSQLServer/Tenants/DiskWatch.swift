import DoSQLEngine
import DoSQLLoop
import FoundationEssentials
import Synchronization

/// Whether the data folder's disk has room to grow: looked at now and then, and known at no cost.
///
/// A disk that is full fails commits; before that, databases stop to grow and no tenant is made, so that what is there can
/// be changed, read and deleted.
final class DiskWatch: Sendable {
    /// How long, in nanoseconds, a sum of the folder's files holds.
    private static let sumTime: UInt64 = 10_000_000_000

    private enum Bound: UInt8 { case none, free, bytes }

    private let folder: String
    let freeMin: Int
    private let bytesMax: Int
    private let bound = Atomic<UInt8>(Bound.none.rawValue)
    private let bytes = Atomic<Int>(0)
    private let summedAt = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - freeMin: bytes that stay free on the disk; 0: none.
    ///   - bytesMax: bytes that the folder may have; 0: any.
    init(folder: String, freeMin: Int, bytesMax: Int) {
        self.folder = folder
        self.freeMin = freeMin
        self.bytesMax = bytesMax
        look(MonotonicClock.nanoseconds())
    }

    /// The bound that keeps everything from growing; nil if there is room.
    var met: (name: String, value: Int)? {
        switch Bound(rawValue: bound.load(ordering: .relaxed)) {
        case .free: ("diskFreeMin", freeMin)
        case .bytes: ("diskBytesMax", bytesMax)
        default: nil
        }
    }

    /// The bound that a file of so many bytes would break, looked at now; nil if there is room for it.
    func bound(of more: Int) -> (name: String, value: Int)? {
        if let met { return met }
        if bytesMax > 0 && folderBytes + more > bytesMax { return ("diskBytesMax", bytesMax) }
        if freeMin > 0, let free = FileSystem.space(at: folder)?.free, free - more < freeMin {
            return ("diskFreeMin", freeMin)
        }
        return nil
    }

    /// Bytes of the folder's files when they were summed up last; 0 where nobody wants to know.
    var folderBytes: Int { bytes.load(ordering: .relaxed) }

    /// Looks anew. Reads the disk: not for an event loop.
    func look(_ now: UInt64) {
        if bytesMax > 0,
            summedAt.load(ordering: .relaxed) == 0 || now > summedAt.load(ordering: .relaxed) &+ Self.sumTime
        {
            bytes.store(sum(), ordering: .relaxed)
            summedAt.store(now, ordering: .relaxed)
        }
        let isLow = freeMin > 0 && (FileSystem.space(at: folder).map { $0.free < freeMin } ?? false)
        let isLarge = bytesMax > 0 && folderBytes >= bytesMax
        bound.store((isLow ? Bound.free : isLarge ? .bytes : .none).rawValue, ordering: .relaxed)
    }

    private func sum() -> Int {
        guard let files = FileManager.default.enumeratedFiles(under: folder) else { return 0 }
        return files.reduce(0) { $0 + $1 }
    }
}

extension FileManager {
    /// The sizes of all files below a folder, those in folders in it as well.
    fileprivate func enumeratedFiles(under folder: String) -> [Int]? {
        guard let paths = try? subpathsOfDirectory(atPath: folder) else { return nil }
        return paths.compactMap { path in
            let attributes = try? attributesOfItem(atPath: folder + "/" + path)
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
            return (attributes?[.size] as? UInt64).map { Int(clamping: $0) } ?? attributes?[.size] as? Int
        }
    }
}
