import DoSQLAccess
import DoSQLEngine
import DoSQLLoop

/// A file that is read, changed and replaced whole, while nobody else does the same to it.
struct FileEdit: ~Copyable {
    let path: String
    // Held until the end. The file itself cannot carry the lock, since it is replaced.
    private let lock: FileLock

    /// Takes the file. Beside it an empty file `FILE.lock` stays.
    init(_ path: String) throws {
        self.path = path
        do {
            lock = try FileLock(path: path + ".lock")
        } catch {
            throw CommandError(
                FileLock.isHeldByAnother(error) ? "\(path) is being changed by somebody else" : error.description)
        }
    }

    /// The file's bytes; none if there is no file.
    func bytes() throws -> [UInt8] {
        guard exists else { return [] }
        let file = try BlockingFile(reading: path)
        var bytes: [UInt8] = []
        while case let part = try file.read(), !part.isEmpty { bytes += part }
        return bytes
    }

    /// Whether there is such a file.
    var exists: Bool { FileSystem.exists(path) }

    /// Puts these bytes in the file's place, durably, open to its owner only unless there was one before.
    func replace(with bytes: [UInt8]) throws {
        do {
            try FileSystem.replace(path, with: bytes)
        } catch {
            throw CommandError(error.description)
        }
    }
}
