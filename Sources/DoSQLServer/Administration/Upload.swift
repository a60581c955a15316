import DequeModule
import DoSQLEngine
import DoSQLProtocol
import FoundationEssentials
import Synchronization

/// A file that a client sends, written as it comes: the loop hands over, a thread writes, and beyond ``waitingMax`` the
/// client waits.
///
/// Invariant: at most one thread writes (`isWriting`). The file is removed when the upload ends, unless it was taken.
final class Upload: Sendable {
    /// Bytes that wait for the disk before the client does.
    static let waitingMax = 1 << 20

    private struct State: ~Copyable, Sendable {
        var waiting: Deque<[UInt8]> = []
        var waitingBytes = 0
        var received: Int64 = 0
        var isWriting = false
        var file: WorkingFile?
        var failure: Failure?
        var whenWritten: (@Sendable (Failure?) -> Void)?
    }

    let path: String
    private let share: TemporarySpace.Share
    /// The bound on its length, by name.
    private let bound: (name: String, bytes: Int64)
    private let threads: WorkerPool
    private let state = Mutex(State())
    private let isTaken = Atomic<Bool>(false)

    /// An upload that has not begun.
    /// - Parameters:
    ///   - length: bytes it will have, if the client has said so. There must be room for them; it is taken as they come,
    ///     since whoever only promises must keep nobody else's.
    ///   - bound: bytes it may have, and what that limit is called.
    ///   - mayCreate: whether a tenant that is not there may be made of it.
    /// - Throws: `FRAME_TOO_LARGE`, `STORAGE_FULL`.
    init(
        length: Int64?, bound: (name: String, bytes: Int64), mayCreate: Bool, space: TemporarySpace, threads: WorkerPool
    ) throws(Failure) {
        path = space.newPath("restore")
        share = TemporarySpace.Share(of: space)
        self.bound = bound
        self.mayCreate = mayCreate
        self.threads = threads
        if let length {
            guard length <= bound.bytes else { throw Self.tooLarge(bound) }
            try space.check(length)
        }
    }

    /// Whether a tenant that is not there may be made of it.
    let mayCreate: Bool

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        for suffix in ["", "-wal", "-journal"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private static func tooLarge(_ bound: (name: String, bytes: Int64)) -> Failure {
        Failure(
            .frameTooLarge, "a file to restore has at most \(bound.bytes) bytes here",
            limit: (bound.name, Int(bound.bytes)))
    }

    /// Takes the next bytes.
    /// - Parameter proceed: called, on a thread, when the client may send more, if it has to wait.
    /// - Returns: whether it has to wait.
    /// - Throws: why nothing more is taken; what was written before may have failed.
    func append(_ bytes: [UInt8], proceed: @escaping @Sendable () -> Void) throws(Failure) -> Bool {
        let (starts, mustWait, failure) = state.withLock { state -> (Bool, Bool, Failure?) in
            if let failure = state.failure { return (false, false, failure) }
            state.received += Int64(bytes.count)
            guard state.received <= bound.bytes else {
                state.failure = Self.tooLarge(bound)
                return (false, false, state.failure)
            }
            state.waiting.append(bytes)
            state.waitingBytes += bytes.count
            let starts = !state.isWriting
            state.isWriting = true
            guard state.waitingBytes > Self.waitingMax else { return (starts, false, nil) }
            // Called when everything up to here is written.
            state.whenWritten = { _ in proceed() }
            return (starts, true, nil)
        }
        if let failure { throw failure }
        if starts { threads.post(for: self) { [self] _ in write() } }
        return mustWait
    }

    /// Calls back when everything is written, or nothing more can be.
    func finish(_ done: @escaping @Sendable (Failure?) -> Void) {
        let (isIdle, failure) = state.withLock { state -> (Bool, Failure?) in
            if state.isWriting {
                state.whenWritten = done
                return (false, nil)
            }
            return (true, state.failure)
        }
        if isIdle { done(failure) }
    }

    /// The client is gone: the file is removed, on a thread.
    func abandon() {
        threads.post(for: self) { [self] _ in withExtendedLifetime(self) {} }
    }

    /// Closes the file, which is written: SQLite may open it now. Closing a descriptor of a file that SQLite has open would
    /// drop its locks.
    func close() { state.withLock { $0.file = nil } }

    /// The file is somebody else's now: it is not removed.
    func taken() { isTaken.store(true, ordering: .relaxed) }

    /// How many bytes came.
    var received: Int64 { state.withLock { $0.received } }

    private func write() {
        while true {
            let bytes = state.withLock { state -> [UInt8]? in
                if let next = state.waiting.popFirst() {
                    state.waitingBytes -= next.count
                    return next
                }
                return nil
            }
            guard let bytes else { break }
            do throws(Failure) {
                try write(bytes)
            } catch {
                let failure = error
                state.withLock { state in
                    state.failure = failure
                    state.waiting.removeAll()
                    state.waitingBytes = 0
                }
            }
        }
        let (isDone, done, failure) = state.withLock { state -> (Bool, (@Sendable (Failure?) -> Void)?, Failure?) in
            guard state.waiting.isEmpty else { return (false, nil, nil) }
            state.isWriting = false
            return (true, state.whenWritten.take(), state.failure)
        }
        guard isDone else { return threads.post(for: self) { [self] _ in write() } }
        done?(failure)
    }

    private func write(_ bytes: [UInt8]) throws(Failure) {
        try share.grow(by: Int64(bytes.count))
        do throws(FileSystem.Failure) {
            // Only one thread is here; the file is out of the state while it waits for the disk.
            var file = state.withLock { $0.file.take() }
            if file == nil { file = try WorkingFile(creating: path) }
            if let opened = file.take() {
                try opened.write(bytes)
                file = consume opened
            }
            state.withLock { state in state.file = file.take() }
        } catch {
            var failure = Failure(error)
            if error.isFull { failure.code = .storageFull }
            throw failure
        }
    }
}
