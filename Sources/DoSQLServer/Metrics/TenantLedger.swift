import DoSQLLoop
import DoSQLSession
import Synchronization

/// What all shards have counted of tenants. Shards hand over what they have when somebody asks, or when it is much.
final class TenantLedger: Sendable {
    private let ranking: Mutex<TenantRanking>
    private let folder: DataFolder

    init(seriesMax: Int, folder: DataFolder) {
        self.folder = folder
        ranking = Mutex(TenantRanking(seriesMax: seriesMax, now: MonotonicClock.nanoseconds()))
    }

    /// Adds what a shard has counted. Looks at the disk: not for an event loop.
    func add(_ counted: [(tenant: TenantName, figures: TenantFigures)]) {
        ranking.withLock { $0.add(counted, now: MonotonicClock.nanoseconds()) { folder.exists($0) } }
    }

    /// The tenants that have series of their own and are there still, and what all the others did. Looks at the disk.
    var reading: (series: [(tenant: TenantName, figures: TenantFigures)], other: TenantFigures) {
        ranking.withLock { ranking in
            for (tenant, _) in ranking.series where !folder.exists(tenant) { ranking.remove(tenant) }
            return (ranking.series, ranking.other)
        }
    }
}
