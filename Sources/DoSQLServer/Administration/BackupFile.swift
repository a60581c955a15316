import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// A tenant's database of one moment, copied and on its way to whoever asked for it. Its file has no name any more: it is
/// gone with this, however that ends.
final class BackupFile: Sendable {
    private let file: WorkingFile
    private let share: TemporarySpace.Share
    let size: Int64
    /// The newest change that is in it.
    let lsn: UInt64
    let incarnation: Identity
    /// What keeps its tenant from having another one.
    private let errand = Mutex<LongErrand?>(nil)

    /// Takes a file that is complete, and its name away.
    init(_ path: String, share: TemporarySpace.Share, lsn: UInt64, incarnation: Identity) throws(FileSystem.Failure) {
        file = try WorkingFile(reading: path)
        try file.unlink()
        size = try file.size
        self.share = share
        self.lsn = lsn
        self.incarnation = incarnation
    }

    /// Until it is gone, or sent, its tenant has no other.
    func keep(_ errand: LongErrand?) { self.errand.withLock { $0 = errand } }

    /// Nobody reads it any more.
    func release() { errand.withLock { $0.take() }?.end() }

    /// Up to `count` bytes from `offset` on. Reads the disk: not for an event loop.
    func read(_ count: Int, at offset: Int64) throws(Failure) -> [UInt8] {
        do throws(FileSystem.Failure) {
            return try file.read(count, at: offset)
        } catch {
            throw Failure(error)
        }
    }
}
