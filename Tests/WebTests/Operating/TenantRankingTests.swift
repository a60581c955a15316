import DoSQLSession
import Testing

@testable import DoSQLServer

/// Which tenants have series of their own.
struct TenantRankingTests {
    private func figures(_ requests: UInt64) -> TenantFigures {
        var figures = TenantFigures()
        figures.requests = requests
        figures.latency.observe(1_000)
        return figures
    }

    private func add(
        _ counted: [(String, UInt64)], to ranking: inout TenantRanking, now: UInt64 = 0,
        there: (String) -> Bool = { _ in true }
    ) throws {
        ranking.add(
            try counted.map { (tenant: try TenantName($0.0), figures: figures($0.1)) }, now: now,
            exists: { there($0.description) })
    }

    private func names(_ ranking: TenantRanking) -> [String] { ranking.series.map { $0.tenant.description } }

    @Test func `those with the most requests have series, and the sum is what was counted`() throws {
        var ranking = TenantRanking(seriesMax: 2, now: 0)
        // Of one tenant two shards may tell.
        try add([("a", 5), ("b", 4), ("c", 3), ("a", 5), ("d", 1)], to: &ranking)
        #expect(names(ranking) == ["a", "b"])
        #expect(ranking.series.map(\.figures.requests) == [10, 4] && ranking.other.requests == 4)
        #expect(ranking.series[0].figures.latency.counts.reduce(0, +) == 2)
        try add([("a", 1), ("d", 2)], to: &ranking)
        #expect(ranking.series.map(\.figures.requests) == [11, 4] && ranking.other.requests == 6)
    }

    @Test func `who comes among the first displaces the last one with twice its requests, and begins at nothing`()
        throws
    {
        var ranking = TenantRanking(seriesMax: 2, now: 0)
        try add([("a", 100), ("b", 50), ("c", 40)], to: &ranking)
        try add([("c", 60)], to: &ranking)
        #expect(names(ranking) == ["a", "b"] && ranking.other.requests == 100)
        try add([("c", 1)], to: &ranking)
        #expect(names(ranking) == ["a", "c"])
        // What was counted before stays where it was.
        #expect(ranking.series.map(\.figures.requests) == [100, 1] && ranking.other.requests == 100)
        try add([("b", 7)], to: &ranking)
        #expect(ranking.other.requests == 107)
    }

    @Test func `requests of long ago count less`() throws {
        var ranking = TenantRanking(seriesMax: 1, now: 0)
        try add([("a", 1000)], to: &ranking)
        try add([("b", 100)], to: &ranking, now: 1)
        #expect(names(ranking) == ["a"])
        try add([("b", 100)], to: &ranking, now: 10 * TenantRanking.halfLife)
        #expect(names(ranking) == ["b"])
        // A clock that stands still, or that another thread has read before, changes nothing.
        try add([("b", 1)], to: &ranking, now: 5)
        #expect(ranking.series.map(\.figures.requests) == [101])
    }

    @Test func `names that are nobody's have no series, and keep nobody from one`() throws {
        var ranking = TenantRanking(seriesMax: 2, now: 0)
        try add([("x", 100), ("y", 90), ("a", 1)], to: &ranking) { $0 == "a" }
        #expect(names(ranking) == ["a"] && ranking.other.requests == 190)
        ranking.remove(try TenantName("a"))
        #expect(names(ranking).isEmpty)
    }

    @Test(arguments: [0, 1, 3]) func `however many names come, so many are kept`(seriesMax: Int) throws {
        var ranking = TenantRanking(seriesMax: seriesMax, now: 0)
        var sum: UInt64 = 0
        for round in 0..<20 {
            try add((0..<200).map { ("t\(round)-\($0)", UInt64($0)) }, to: &ranking, now: UInt64(round) << 30)
            sum += 199 * 100
            #expect(ranking.watchedCount <= seriesMax * TenantRanking.watchedFactor)
            #expect(ranking.series.count == seriesMax)
        }
        #expect(ranking.other.requests <= sum && ranking.other.requests > sum / 2)
    }

    @Test func `a shard's list of tallies hands over what there is, once`() throws {
        var tallies = TenantTallies()
        let tally = TenantTally(of: try TenantName("a"))
        tallies.list(tally)
        tally.figures.requests = 3
        #expect(tally.isListed && !tallies.isFull)
        #expect(tallies.take().map(\.figures.requests) == [3])
        #expect(!tally.isListed && tally.figures.requests == 0 && tallies.take().isEmpty)
        for number in 0..<TenantTallies.listedMax { tallies.list(TenantTally(of: try TenantName("t\(number)"))) }
        #expect(tallies.isFull)
    }
}
