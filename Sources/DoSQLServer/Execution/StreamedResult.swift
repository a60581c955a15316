import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol

/// A read whose rows are sent as the client gives credit (`protocol/flow-control.md`): a statement in the middle of its
/// steps, and what was sent of it.
///
/// A result that ends within the first frame is a RESULT; otherwise HEAD, ROWS… and DONE.
struct StreamedResult: Sendable {
    /// What a stretch of stepping came to.
    enum Progress {
        /// The terminal answer is in the outbox.
        case finished
        /// Credit or window is used up: whoever gives some resumes.
        case parked
        /// It has had its share of the thread.
        case yielded
    }

    /// Frames of one stretch: others wait for the thread too.
    private static let stretch = 32

    let job: Job
    private let statement: Statement
    private let rowsMax: UInt64
    private var rows: UInt64 = 0
    private var bytes = 0
    /// Nanoseconds it has had a thread.
    private var worked: UInt64 = 0
    private var headWasSent = false
    /// A row that was too long for the frame it was read for: the next one begins with it.
    private var carried: [UInt8] = []
    /// A frame of rows that was made before there was credit for it, and whether it is the last.
    private var unpaid: (frame: [UInt8], isLast: Bool)?

    /// A bound statement that has not been stepped.
    init(job: Job, statement: Statement, rowsMax: UInt64) {
        self.job = job
        self.statement = statement
        self.rowsMax = rowsMax
    }

    /// Steps on. The caller has set the connection's budget.
    /// - Throws: what the client is to be told; the statement is reset then.
    mutating func advance(transaction: TransactionState, lsn: UInt64, outbox: inout Outbox) throws(Failure) -> Progress
    {
        let start = Budget.now()
        var isOver = true
        defer {
            worked &+= Budget.now() &- start
            if isOver { statement.hasRun(nanoseconds: worked, rows: Int(clamping: rows)) }
        }
        let progress = try goOn(transaction: transaction, lsn: lsn, outbox: &outbox)
        if case .finished = progress { return progress }
        isOver = false
        return progress
    }

    private mutating func goOn(transaction: TransactionState, lsn: UInt64, outbox: inout Outbox) throws(Failure)
        -> Progress
    {
        var goesOn = false
        defer { if !goesOn { statement.reset() } }
        guard !headWasSent || (job.flow.start() && !mustWaitForRoom) else {
            goesOn = true
            return .parked
        }
        if let (frame, isLast) = unpaid {
            unpaid = nil
            let bytes = frame.count - FrameHeader.size
            outbox.add(.part(bytes: bytes), frame, to: job.address)
            if isLast {
                outbox.add(
                    .terminal(succeeded: true, transaction: transaction),
                    done(Outcome(transaction: transaction, lsn: lsn)), to: job.address)
                return .finished
            }
            outbox.send()
            guard job.flow.spend(bytes) && !mustWaitForRoom else {
                goesOn = true
                return .parked
            }
        }
        for _ in 0..<Self.stretch {
            var writer = ByteWriter(capacity: headWasSent ? Limits.rowsFrameMax + 4096 : 4096)
            let address = job.address
            let frame = writer.beginFrame(.rows, stream: address.stream, request: address.request)
            let position = writer.beginRows()
            var count = 0
            var isDone = false
            if !carried.isEmpty {
                writer.append(carried.span)
                carried.removeAll()
                count = 1
            }
            while writer.count < Limits.rowsFrameMax {
                guard try step() else {
                    isDone = true
                    break
                }
                let row = writer.count
                RowEncoder.writeRow(of: statement, columns: statement.columnCount, into: &writer)
                if count > 0 && writer.count - FrameHeader.size > Limits.rowsFrameMax {
                    carried.append(writer.bytes.span.extracting(row..<writer.count))
                    writer.truncate(to: row)
                    break
                }
                count += 1
            }
            rows += UInt64(count)
            if rows > rowsMax {
                throw Failure(
                    .resultTooLarge, "the result has more than \(rowsMax) rows",
                    limit: ("rowsMax", Int(clamping: rowsMax)))
            }
            bytes += writer.count - FrameHeader.size
            guard bytes <= job.limits.resultBytesMax else { throw .resultBytesExceeded(job.limits.resultBytesMax) }
            guard writer.count - FrameHeader.size <= job.replyMax else { throw .resultTooLarge(job.replyMax) }
            let outcome = Outcome(transaction: transaction, lsn: lsn)
            if isDone && !headWasSent {
                let whole = result(rows: writer, count: count, outcome)
                if whole.count - FrameHeader.size <= job.replyMax {
                    outbox.add(.terminal(succeeded: true, transaction: transaction), whole, to: address)
                    return .finished
                }
            }
            writer.endRows(at: position, count: count)
            writer.endFrame(at: frame)
            if !headWasSent {
                headWasSent = true
                let head = head()
                guard head.count - FrameHeader.size <= job.replyMax else { throw .resultTooLarge(job.replyMax) }
                outbox.add(.part(bytes: 0), head, to: address)
                // A request may give no credit at first: whether its result is small enough for none is known only now.
                unpaid = (writer.take(), isLast: isDone)
                outbox.send()
                goesOn = true
                return try goOn(transaction: transaction, lsn: lsn, outbox: &outbox)
            }
            let bytes = count == 0 ? 0 : writer.count - FrameHeader.size
            if count > 0 { outbox.add(.part(bytes: bytes), writer.take(), to: address) }
            if isDone {
                outbox.add(.terminal(succeeded: true, transaction: transaction), done(outcome), to: address)
                return .finished
            }
            outbox.send()
            guard job.flow.spend(bytes) && !mustWaitForRoom else {
                goesOn = true
                return .parked
            }
        }
        goesOn = true
        return .yielded
    }

    /// Whether the server has too many bytes in flight; then it is parked.
    private var mustWaitForRoom: Bool {
        guard job.address.answers.isShort else { return false }
        job.flow.park()
        return true
    }

    /// Gives up in the middle.
    func reset() { statement.reset() }

    private func step() throws(Failure) -> Bool {
        do throws(SQLiteError) {
            return try statement.step()
        } catch {
            throw error.code == .interrupt ? job.interruption : Failure(error)
        }
    }

    private func result(rows encoded: ByteWriter, count: Int, _ outcome: Outcome) -> [UInt8] {
        var writer = ByteWriter(capacity: encoded.count + 512)
        let frame = writer.beginFrame(.result, stream: job.address.stream, request: job.address.request)
        RowEncoder.writeColumns(of: statement, into: &writer)
        writer.writeU32(UInt32(count))
        // The rows stand behind the header of ROWS and its count.
        writer.append(encoded.bytes.span.extracting((FrameHeader.size + 4)..<encoded.count))
        outcome.encode(into: &writer)
        writer.endFrame(at: frame)
        return writer.take()
    }

    private func head() -> [UInt8] {
        var writer = ByteWriter(capacity: 512)
        let frame = writer.beginFrame(.head, stream: job.address.stream, request: job.address.request)
        RowEncoder.writeColumns(of: statement, into: &writer)
        writer.endFrame(at: frame)
        return writer.take()
    }

    private func done(_ outcome: Outcome) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        let frame = writer.beginFrame(.done, stream: job.address.stream, request: job.address.request)
        outcome.encode(into: &writer)
        writer.writeOption(0x03, varint: rows)
        writer.endFrame(at: frame)
        return writer.take()
    }
}
