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
        /// Its answer is in the output, after so many nanoseconds, with so many bytes.
        case answered(UInt64, bytes: Int)
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
    /// By the hash of their texts.
    private var slow: [UInt64: UInt8] = [:]
    /// Until when statements have less time.
    private var waryUntil: UInt64 = 0
    private let turns: LoopTurns
    /// Bytes of parameters beyond which they have taken a while before their statement begins.
    private static let quickParametersMax = 4096
    /// What ran last, and what that took in this turn: told once, since mostly one runs again and again.
    private var lastText: SQLText?
    private var lastRuns = StatementRuns()
    /// Nanoseconds from which a statement counts as slow.
    private let slowTime: UInt64
    /// The last one that was, until somebody takes it; noted only where slow statements are logged.
    private(set) var slowRun: (sql: SlowStatement.Text, nanoseconds: UInt64, rows: Int)?

    /// - Parameter turns: whose time is measured: reads are carried out in its stretches.
    init(_ connection: consuming Connection, tenant: Tenant, turns: LoopTurns) {
        self.connection = connection
        self.tenant = tenant
        self.turns = turns
        slowTime = tenant.context.slowStatementTime
        watch = tenant.context.watchdog.post()
    }

    deinit {
        watch.remove()
    }

    /// Whether a statement was too long for the loop lately. Asking makes it forget a little.
    func isSlow(_ statement: Statement) -> Bool {
        if slow.isEmpty { return false }
        guard let left = slow[statement.text.hash] else { return false }
        slow[statement.text.hash] = left > 1 ? left - 1 : nil
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
        // The request before it has looked at the clock, a moment ago.
        turns.beginStretch()
        let isLate = connection.takeHasCompiled() || execute.parameters.bytes.count > Self.quickParametersMax
        let now = isLate ? turns.look() : turns.clock
        let isWary = now < waryUntil
        connection.allow(until: now &+ (isWary ? Self.timeMaxWary : Self.timeMax), memoryMax: Self.memoryMax)
        watch.extend(now &+ Self.watchTime)
        defer {
            turns.endStretch()
            statement.reset()
            // Compiling the next statement is not on this one's time.
            connection.allow(until: .max, memoryMax: nil)
            watch.extend(.max)
        }
        do throws(SQLiteError) {
            var hasRow = try statement.step()
            var rowsGiven = 0
            if execute.kind != .run {
                let position = RowEncoder.beginResult(of: statement, header, into: &output)
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
                _ = output.beginFrame(.done, stream: header.stream, request: header.request)
                while hasRow { hasRow = try statement.step() }
            }
            Outcome(lsn: seenLSN).encode(into: &output)
            output.endFrame(at: start)
            let nanoseconds = turns.look() &- now
            count(statement, nanoseconds: nanoseconds, rows: rowsGiven)
            return .answered(nanoseconds, bytes: output.count - start)
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

    /// Counts a run of a statement, for whoever asks what statements cost.
    private func count(_ statement: Statement, nanoseconds: UInt64, rows: Int) {
        let text = statement.text
        // Runs that are told together have at most one slow one among them.
        if nanoseconds >= slowTime {
            tellRuns()
            if tenant.context.slow.isOn {
                slowRun = (SlowStatement.bounded(statement.sql), nanoseconds, rows)
            }
        }
        if lastText !== text {
            tellRuns()
            lastText = text
        }
        lastRuns.add(nanoseconds: nanoseconds, rows: rows)
    }

    private func tellRuns() {
        guard let text = lastText else { return }
        lastText = nil
        connection.hasRun(text, lastRuns)
        lastRuns = StatementRuns()
    }

    /// Takes what ``slowRun`` has.
    func takeSlowRun() -> (sql: SlowStatement.Text, nanoseconds: UInt64, rows: Int)? { slowRun.take() }

    /// From now on it prepares statements for a stream with these rights.
    func serve(_ permission: Permission?) { connection.permission = permission }

    /// Ends the turn's read transaction.
    func endTurn() {
        tellRuns()
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
        slow[statement.text.hash] = times
        return .tooLong
    }
}
