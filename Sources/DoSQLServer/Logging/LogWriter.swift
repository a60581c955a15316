public import DoSQLLoop
import Logging
import Synchronization

/// Takes lines from any thread and writes them on one of its own, so that nobody waits for whoever reads the log.
///
/// What waits is bounded: while standard error takes nothing, lines are dropped, and how many is a line of its own when it
/// takes some again.
public final class LogWriter: Sendable {
    /// Bytes that wait to be written. Beyond it lines are dropped: some seconds of a busy server's at debug level.
    public static let waitingBytesMax = 1 << 20
    /// Nanoseconds that ``close()`` waits for the last lines to be taken.
    public static let closeTime: UInt64 = 2_000_000_000

    private struct Waiting: Sendable {
        var bytes: [UInt8] = []
        /// Bytes that are being written.
        var inHand = 0
        var dropped = 0
        var droppedEver = 0
    }

    private let waiting = Mutex(Waiting())
    private let bell = WorkQueue<Void>()
    private let ended = WorkQueue<Void>()
    private let bytesMax: Int
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) throws -> Void
    private let thread: Mutex<WorkerThread?>

    /// A writer of lines in a format, which it needs for its own.
    /// - Parameters:
    ///   - bytesMax: bytes that may wait.
    ///   - write: writes whole lines, and may take its time.
    public init(
        _ format: LogFormat, bytesMax: Int = LogWriter.waitingBytesMax,
        write: @escaping @Sendable ([UInt8]) throws -> Void = { try BlockingFile.standardError.write($0) }
    ) throws(LoopError) {
        self.format = format
        self.bytesMax = bytesMax
        self.write = write
        thread = Mutex(nil)
        let started = try WorkerThread(name: "dosql-log") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// How many lines were dropped so far.
    public var dropped: Int { waiting.withLock { $0.droppedEver } }

    /// Leaves a line. Returns at once, whatever becomes of it.
    public func add(_ line: LogLine) {
        let rings = waiting.withLock { waiting -> Bool in
            guard waiting.bytes.count + waiting.inHand + line.bytes.count <= bytesMax else {
                waiting.dropped += 1
                waiting.droppedEver += 1
                return false
            }
            let wasEmpty = waiting.bytes.isEmpty
            waiting.bytes += line.bytes
            return wasEmpty
        }
        if rings { bell.post(()) }
    }

    /// Takes no more lines, and waits a while for those that are there to be written.
    public func close() {
        bell.close()
        _ = ended.take(until: MonotonicClock.nanoseconds() &+ Self.closeTime)
        // A thread that is stuck in a write ends with the process.
        thread.withLock { $0 = nil }
    }

    private func run() {
        // Once more behind the end: lines may have come while the last ones were written.
        while bell.take() != nil { writeWaiting() }
        writeWaiting()
        ended.close()
    }

    private func writeWaiting() {
        while true {
            let (bytes, dropped) = waiting.withLock { waiting -> ([UInt8], Int) in
                var bytes: [UInt8] = []
                swap(&bytes, &waiting.bytes)
                waiting.inHand = bytes.count
                defer { waiting.dropped = 0 }
                return (bytes, waiting.dropped)
            }
            if bytes.isEmpty && dropped == 0 { return }
            var all = bytes
            if dropped > 0 {
                all +=
                    LogLine(
                        format, at: WallClock.milliseconds(), .warning,
                        "lines of the log were dropped: whoever reads it is too slow",
                        ["lines": .stringConvertible(dropped)]
                    ).bytes
            }
            // Where nobody reads any more there is nobody to tell.
            try? write(all)
            waiting.withLock { $0.inHand = 0 }
        }
    }
}
