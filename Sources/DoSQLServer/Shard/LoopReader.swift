import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// A loop's own connection to a tenant's file: quick reads are answered on it within the call that received them.
///
/// All reads of one turn of the loop share a read transaction, which is worth half their cost. It is renewed when a
/// commit was answered meanwhile, so that no read is older than an answer that went before it; and ended with the turn,
/// so that it never pins the write-ahead log.
final class LoopReader {
    /// What came of a read.
    enum Verdict {
        /// Its answer is in the output.
        case answered
        /// It is beyond the loop's budget; nothing of it is in the output.
        case tooLong
    }

    /// How long a statement may hold up everybody else on the loop.
    static let timeMax: UInt64 = 2_000_000
    /// How long, if one of the tenant's statements was too long a moment ago: most that come with it are.
    static let timeMaxWary: UInt64 = 100_000
    /// How long a tenant's statement that was too long is a moment ago.
    private static let waryTime: UInt64 = 100_000_000
    /// Bytes that SQLite may take for a statement on the loop: who sorts more does it elsewhere.
    static let memoryMax = 8 << 20
    /// When the watchdog stops what the budget could not: inside one long opcode.
    static let watchTime = 5 * timeMax
    /// How many bytes an answer of the loop has at most: one frame of rows.
    static let bytesMax = Limits.rowsFrameMax
    /// The longest text or blob the loop touches; beyond it `TOOBIG` sends the read to a thread of its own.
    static let lengthMax: Int32 = 1 << 20
    /// How often a statement that was too long goes straight to a thread before the loop tries it again.
    private static let memory: UInt8 = 64
    /// The same for one that had less time than usual: it may just have been held up.
    private static let waryMemory: UInt8 = 4

    let connection: Connection
    private let tenant: Tenant
    let watch: Watchdog.Post
    private var isInTransaction = false
    private var seenLSN: UInt64 = 0
    /// The schema's number when a statement could last not be compiled.
    private var schemaLearned: Int64?
    /// The number of the turn's read transaction: what has been read holds for as long as it is the same.
    private(set) var snapshot: UInt64 = 0
    /// What is known of the tenant's feeds.
    var messages = KnownFeed()
    var events = KnownFeed()
    /// By ``Statement/textHash``.
    private var slow: [UInt64: UInt8] = [:]
    /// Until when statements have less time.
    private var waryUntil: UInt64 = 0
    /// From how many nanoseconds on a statement is slow.
    private let slowFrom: UInt64
    /// The last one that was, until somebody takes it.
    private(set) var slowRun: (sql: SlowStatement.Text, nanoseconds: UInt64, rows: Int)?

    init(_ connection: consuming Connection, tenant: Tenant) {
        self.connection = connection
        self.tenant = tenant
        slowFrom = tenant.context.slow.threshold
        watch = tenant.context.watchdog.post()
    }

    deinit {
        watch.remove()
    }

    /// Whether a statement was too long for the loop lately. Asking makes it forget a little.
    func isSlow(_ statement: Statement) -> Bool {
        if slow.isEmpty { return false }
        guard let left = slow[statement.textHash] else { return false }
        slow[statement.textHash] = left > 1 ? left - 1 : nil
        return true
    }

    /// Answers a read with a RESULT frame (for RUN: DONE).
    func answer(
        _ execute: borrowing Execute, _ statement: Statement, header: FrameHeader, into output: inout ByteWriter
    ) throws(Failure) -> Verdict {
        do throws(SQLiteError) { try refresh() } catch { throw Failure(error) }
        let start = output.count
        do throws(Failure) {
            try ParameterBinder.bind(execute.parameters, to: statement)
        } catch {
            // The bound is the loop's own.
            if error.code == .valueTooLarge { return remember(statement, &output, start) }
            throw error
        }
        statement.forgetSteps()
        let now = Budget.now()
        let isWary = now < waryUntil
        connection.allow(until: now &+ (isWary ? Self.timeMaxWary : Self.timeMax), memoryMax: Self.memoryMax)
        watch.extend(now &+ Self.watchTime)
        defer {
            statement.reset()
            // Compiling the next statement is not on this one's time.
            connection.allow(until: .max, memoryMax: nil)
            watch.extend(.max)
        }
        do throws(SQLiteError) {
            let hasRows = execute.kind != .run
            let frame = output.beginFrame(hasRows ? .result : .done, stream: header.stream, request: header.request)
            var hasRow = try statement.step()
            var rowsGiven = 0
            if hasRows {
                RowEncoder.writeColumns(of: statement, into: &output)
                let position = output.beginRows()
                let columns = statement.columnCount
                let rowsMax = execute.kind == .queryOne ? 1 : .max
                var rows = 0
                while hasRow {
                    RowEncoder.writeRow(of: statement, columns: columns, into: &output)
                    rows += 1
                    if output.count - start > Self.bytesMax { break }
                    if rows == rowsMax { break }
                    hasRow = try statement.step()
                }
                if output.count - start > Self.bytesMax { return remember(statement, &output, start) }
                output.endRows(at: position, count: rows)
                rowsGiven = rows
                // The thread of its own words the error.
                if let bound = execute.rowsMax, UInt64(rows) > bound {
                    return remember(statement, &output, start)
                }
            } else {
                while hasRow { hasRow = try statement.step() }
            }
            Outcome(lsn: seenLSN).encode(into: &output)
            output.endFrame(at: frame)
            let nanoseconds = statement.hasRun(since: now, rows: rowsGiven)
            if nanoseconds >= slowFrom {
                slowRun = (SlowStatement.bounded(statement.sql), nanoseconds, rowsGiven)
            }
            return .answered
        } catch {
            // Whether the result is too long or a value in it: a thread of its own has more time and larger bounds, and
            // words the error.
            if error.code == .interrupt {
                if isWary { return remember(statement, &output, start, for: Self.waryMemory) }
                waryUntil = Budget.now() &+ Self.waryTime
                return remember(statement, &output, start)
            }
            if error.code == .tooBig { return remember(statement, &output, start) }
            output.truncate(to: start)
            // Out of memory, SQLite gives up the whole transaction, and who reads on begins another one.
            if error.code.isOutOfMemory {
                statement.reset()
                endTurn()
                if case .statement? = error.bound { return remember(statement, &output, start) }
            }
            // The schema has changed what the statement touches: a thread of its own prepares it anew, and so does this
            // one the next time.
            if statement.isOutdated { return .tooLong }
            throw Failure(error)
        }
    }

    /// Takes what ``slowRun`` has.
    func takeSlowRun() -> (sql: SlowStatement.Text, nanoseconds: UInt64, rows: Int)? { slowRun.take() }

    /// From now on it prepares statements for a stream with these rights.
    func serve(_ permission: Permission?) { connection.permission = permission }

    /// Ends the turn's read transaction.
    func endTurn() {
        if connection.permission != nil { connection.permission = NobodysPermission.shared }
        guard isInTransaction else { return }
        isInTransaction = false
        watch.disarm()
        do throws(SQLiteError) {
            try connection.endRead()
        } catch {
            // A damaged file fails even the COMMIT of a read; taking it back does not touch the file.
            try? connection.rollback()
            precondition(connection.isAutocommit, "a read transaction without open statements can be ended: \(error)")
        }
        if SQLiteLibrary.isShortOfMemory { connection.releasePages() }
    }

    /// Reads the schema anew if another connection has changed it.
    ///
    /// SQLite looks whether what it knows of the schema still holds when it steps a statement, and when a name is not
    /// found, but not when one is there that a statement wants to make.
    /// - Returns: whether a statement that could not be compiled is worth another attempt.
    func learnSchema() -> Bool {
        do throws(SQLiteError) {
            try refresh()
            let version = try connection.learnSchema()
            defer { schemaLearned = version }
            return version != schemaLearned
        } catch {
            return false
        }
    }

    /// Takes the turn's snapshot, or a newer one if somebody has been told of a newer commit.
    func refresh() throws(SQLiteError) {
        let published = tenant.publishedLSN.load(ordering: .acquiring)
        if isInTransaction {
            if published == seenLSN { return }
            endTurn()
        }
        seenLSN = published
        snapshot += 1
        try connection.beginRead()
        isInTransaction = true
        // The progress handler cannot stop one long opcode; this can, while a statement steps.
        watch.arm(connection.interrupter, deadline: .max)
    }

    private func remember(
        _ statement: Statement, _ output: inout ByteWriter, _ start: Int, for times: UInt8 = LoopReader.memory
    ) -> Verdict {
        output.truncate(to: start)
        if slow.count >= 1024 { slow.removeAll() }
        slow[statement.textHash] = times
        return .tooLong
    }
}
