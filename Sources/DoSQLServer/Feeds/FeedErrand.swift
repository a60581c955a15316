import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A read of a feed that a thread does for a loop: of a row that is longer than the loop touches, or of rows that are
/// long in finding.
final class FeedErrand: Sendable {
    /// What came of it, of one snapshot.
    struct Found: Sendable {
        let rows: FeedRows
        /// The greatest id that retention has removed.
        let purged: Int64
    }

    let read: FeedRead
    let tenant: Tenant
    private let shard: Mailbox<ShardMessage>

    init(_ read: FeedRead, of tenant: Tenant, for shard: Mailbox<ShardMessage>) {
        self.read = read
        self.tenant = tenant
        self.shard = shard
    }

    /// Sends it off. Its answer is a message to the shard.
    func start() {
        tenant.context.readers.post(for: tenant) { [self] watch in
            switch tenant.takeCursor(isBounded: false) {
            case .opened(let connection):
                let result = carryOut(on: connection, watch)
                tenant.returnCursor(connection)
                shard.post(.feedRead(self, result))
            case .failed(let failure):
                shard.post(.feedRead(self, .failure(failure)))
            case .closed:
                // The writer opens the file first.
                _ = tenant.submit(
                    .open { [self] failure in
                        if let failure {
                            shard.post(.feedRead(self, .failure(failure)))
                        } else {
                            start()
                        }
                    })
            }
        }
    }

    private func carryOut(on connection: borrowing Connection, _ watch: Watchdog.Post) -> Result<Found, Failure> {
        let limits = tenant.limits
        let end = Budget.now() &+ limits.statementTime
        connection.budget = Budget(deadline: end, memoryMax: limits.statementMemoryMax)
        watch.arm(connection.interrupter, deadline: end)
        defer {
            watch.disarm()
            connection.budget = .unlimited
            // Without a transaction there is nothing to end, and a reader's COMMIT cannot fail otherwise than by damage.
            try? connection.rollback()
        }
        do throws(Failure) {
            do throws(SQLiteError) { try connection.beginRead() } catch { throw Failure(error) }
            var stand = FeedStand()
            try connection.trusted(FeedStand.sql(of: read.feed)) { stand = FeedStand($0) }
            return .success(Found(rows: try rows(on: connection), purged: stand.purged))
        } catch {
            return .failure(error)
        }
    }

    /// A kept statement may be of an older schema, which shows at its first step; the next one is not.
    private func rows(on connection: borrowing Connection) throws(Failure) -> FeedRows {
        do throws(Failure) {
            return try read.carryOut(on: connection)
        } catch {
            guard error.isOutdatedStatement else {
                if error.sqlite == ResultCode.interrupt.rawValue {
                    throw Failure(
                        .deadlineExceeded,
                        "finding rows of \(read.feed.table) takes too long: is there an index on \(read.feed.nameColumn)?",
                        limit: ("statementTimeMax", tenant.limits.statementTimeMax))
                }
                throw error
            }
            return try read.carryOut(on: connection)
        }
    }
}
