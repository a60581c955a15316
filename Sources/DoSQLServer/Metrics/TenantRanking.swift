import DoSQLSession

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Which tenants have series of their own, and what was counted for them and for the others
/// (`protocol/metrics.md`, which tenants).
///
/// Invariant: what was counted is in exactly one place, a tenant's series or ``other``, and stays there; so no series ever
/// falls. A tenant that is displaced takes its series with it.
struct TenantRanking: Sendable {
    /// Tenants that are watched for each that has a series: they may come among the first.
    static let watchedFactor = 8
    /// Nanoseconds after which a request counts half.
    static let halfLife: UInt64 = 300_000_000_000
    /// How many times the requests of the last one who has a series it takes to displace it.
    static let displacingFactor = 2.0

    private struct Entry {
        /// Requests, those of long ago for less.
        var recent = 0.0
        /// Nil: it has no series.
        var figures: TenantFigures?
    }

    let seriesMax: Int
    private var entries: [TenantName: Entry] = [:]
    /// What all the others did.
    private(set) var other = TenantFigures()
    private var decayedAt: UInt64

    /// - Parameters:
    ///   - seriesMax: tenants that have series of their own.
    ///   - now: monotonic nanoseconds.
    init(seriesMax: Int, now: UInt64) {
        self.seriesMax = seriesMax
        decayedAt = now
    }

    /// Those that have series, by their names.
    var series: [(tenant: TenantName, figures: TenantFigures)] {
        entries.compactMap { name, entry in entry.figures.map { (name, $0) } }
            .sorted { $0.0.description < $1.0.description }
    }

    /// How many tenants it keeps in mind.
    var watchedCount: Int { entries.count }

    /// Adds what was counted.
    /// - Parameter exists: whether there is such a tenant; asked of those only who would get a series.
    mutating func add(
        _ counted: [(tenant: TenantName, figures: TenantFigures)], now: UInt64, exists: (TenantName) -> Bool
    ) {
        decay(now)
        var sums: [TenantName: TenantFigures] = [:]
        for (tenant, figures) in counted { sums[tenant, default: TenantFigures()].add(figures) }
        for (tenant, figures) in sums { entries[tenant, default: Entry()].recent += Double(figures.requests) }
        rank(exists)
        for (tenant, figures) in sums {
            if entries[tenant]?.figures?.add(figures) == nil { other.add(figures) }
        }
        forget()
    }

    /// A tenant is gone, and its series with it.
    mutating func remove(_ tenant: TenantName) { entries[tenant] = nil }

    private mutating func decay(_ now: UInt64) {
        guard now > decayedAt else { return }
        let factor = exp2(-Double(now - decayedAt) / Double(Self.halfLife))
        decayedAt = now
        for name in entries.keys { entries[name]?.recent *= factor }
    }

    /// Gives series to whoever has come among the first.
    private mutating func rank(_ exists: (TenantName) -> Bool) {
        guard seriesMax > 0 else { return }
        var holders = entries.filter { $0.value.figures != nil }.map { (name: $0.key, recent: $0.value.recent) }
            .sorted { $0.recent > $1.recent }
        let waiting = entries.filter { $0.value.figures == nil }.map { (name: $0.key, recent: $0.value.recent) }
            .sorted { ($1.recent, $0.name.description) < ($0.recent, $1.name.description) }
        for candidate in waiting {
            let last = holders.last
            if holders.count >= seriesMax, let last, candidate.recent <= Self.displacingFactor * last.recent { return }
            guard exists(candidate.name) else {
                entries[candidate.name] = nil
                continue
            }
            if holders.count >= seriesMax, let last {
                holders.removeLast()
                entries[last.name]?.figures = nil
            }
            entries[candidate.name]?.figures = TenantFigures()
            holders.append(candidate)
            holders.sort { $0.recent > $1.recent }
        }
    }

    /// Lets go of those who are not among the first, nor near them.
    private mutating func forget() {
        let watchedMax = seriesMax * Self.watchedFactor
        guard entries.count > watchedMax else { return }
        let surplus = entries.filter { $0.value.figures == nil }.sorted { $0.value.recent < $1.value.recent }
            .prefix(entries.count - watchedMax)
        for (name, _) in surplus { entries[name] = nil }
    }
}
