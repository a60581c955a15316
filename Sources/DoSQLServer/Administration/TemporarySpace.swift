import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// The folder of uploads and backups, and how much of the disk they may take (`protocol/administration.md`, limits).
final class TemporarySpace: Sendable {
    private struct State: Sendable {
        var taken: Int64 = 0
        var count: UInt64 = 0
    }

    private let folder: String
    private let bytesMax: Int64
    private let freeBytesMin: Int64
    private let disk: DiskWatch
    private let state = Mutex(State())

    /// - Parameter disk: what holds for the data folder, of which this is a part.
    init(_ folder: String, _ configuration: AdministrationConfiguration, disk: DiskWatch) {
        self.disk = disk
        self.folder = folder
        bytesMax = configuration.temporaryBytesMax
        freeBytesMin = configuration.freeBytesMin
    }

    /// Bytes that are taken now.
    var taken: Int64 { state.withLock { $0.taken } }

    /// A path that nobody has, for the file of a share.
    func newPath(_ kind: String) -> String {
        let count = state.withLock { state in
            state.count += 1
            return state.count
        }
        return "\(folder)/\(kind)-\(count)"
    }

    /// Takes room for `bytes`.
    /// - Throws: `STORAGE_FULL`, with the bound.
    fileprivate func take(_ bytes: Int64) throws(Failure) {
        try checkDisk(bytes)
        let isGranted = state.withLock { state in
            guard state.taken + bytes <= bytesMax else { return false }
            state.taken += bytes
            return true
        }
        guard isGranted else { throw tooMuch }
    }

    /// Looks whether there would be room for `bytes` now.
    /// - Throws: `STORAGE_FULL`, with the bound.
    func check(_ bytes: Int64) throws(Failure) {
        try checkDisk(bytes)
        guard taken + bytes <= bytesMax else { throw tooMuch }
    }

    private var tooMuch: Failure {
        Failure(
            .storageFull, "uploads and backups would take more of the disk than they may",
            limit: ("temporaryBytesMax", Int(bytesMax)))
    }

    private func checkDisk(_ bytes: Int64) throws(Failure) {
        if let bound = disk.bound(of: Int(bytes)) {
            throw Failure(.storageFull, "\(bytes) bytes more are more than the data folder may have", limit: bound)
        }
        if let free = FileSystem.space(at: folder)?.free, Int64(free) - bytes < freeBytesMin {
            throw Failure(
                .storageFull, "\(bytes) bytes more would leave too little of the disk",
                limit: ("freeBytesMin", Int(freeBytesMin)))
        }
    }

    fileprivate func giveBack(_ bytes: Int64) { state.withLock { $0.taken -= bytes } }

    /// Room that one upload or backup has, given back when this ends.
    final class Share: Sendable {
        private let space: TemporarySpace
        private let bytes = Atomic<Int64>(0)

        init(of space: TemporarySpace) {
            self.space = space
        }

        /// Takes room for `more` bytes.
        func grow(by more: Int64) throws(Failure) {
            try space.take(more)
            bytes.add(more, ordering: .relaxed)
        }

        deinit { space.giveBack(bytes.load(ordering: .relaxed)) }
    }
}
