import DoSQLEngine
import DoSQLProtocol

/// Reads of feeds within a turn. They share the turn's read transaction with everybody else's.
extension LoopReader {
    /// Takes the turn's snapshot, a newer one if somebody was told of a newer commit. What is read below is of it.
    func beginFeeds() throws(Failure) {
        do throws(SQLiteError) { try refresh() } catch { throw Failure(error) }
    }

    /// How far a feed is.
    func stand(of feed: Feed) throws(Failure) -> FeedStand {
        switch feed {
        case .messages: return try messages.stand(feed, snapshot: snapshot, on: connection)
        case .events: return try events.stand(feed, snapshot: snapshot, on: connection)
        }
    }

    /// Whether a feed's table is there.
    func hasTable(of feed: Feed) throws(Failure) -> Bool {
        switch feed {
        case .messages: return try messages.exists(feed, on: connection)
        case .events: return try events.exists(feed, on: connection)
        }
    }

    /// Reads rows within the loop's bounds; nil if they are too many for a single row.
    func rows(_ read: FeedRead) throws(Failure) -> FeedRows? {
        let now = Budget.now()
        connection.budget = Budget(deadline: now &+ Self.timeMax)
        watch.extend(now &+ Self.watchTime)
        defer { connection.budget = .unlimited }
        do throws(Failure) {
            return try read.carryOut(on: connection)
        } catch {
            let code = ResultCode(rawValue: error.sqlite)
            // A thread has more time and larger bounds, and prepares anew what a change of the schema has outdated.
            if code == .interrupt || code == .tooBig || error.isOutdatedStatement { return nil }
            throw error
        }
    }
}
