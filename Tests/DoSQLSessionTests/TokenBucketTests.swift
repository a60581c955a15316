import DoSQLSession
import Testing

struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `a full bucket gives its burst, then one token an interval`() {
        var bucket = TokenBucket(rate: 10, burst: 5, now: 100 * Self.second)
        let now = 100 * Self.second
        #expect(bucket.take(3, now: now) == 3)
        #expect(bucket.take(3, now: now) == 2)
        #expect(bucket.take(1, now: now) == 0)
        #expect(bucket.wait(now: now) == Self.second / 10)
        #expect(bucket.take(1, now: now + Self.second / 10 - 1) == 0)
        #expect(bucket.take(1, now: now + Self.second / 10) == 1)
        #expect(bucket.take(1, now: now + Self.second / 10) == 0)
    }

    @Test func `silence fills it, and no further`() {
        var bucket = TokenBucket(rate: 100, burst: 7, now: 0)
        _ = bucket.take(7, now: 0)
        #expect(bucket.take(1000, now: 3600 * Self.second) == 7)
        #expect(bucket.take(1, now: 3600 * Self.second) == 0)
    }

    @Test func `over a long time it gives its rate, however it is asked`() {
        var random = Seeded(7)
        for rate in [1, 3, 1000, 999_999] {
            var now: UInt64 = 5
            var bucket = TokenBucket(rate: rate, burst: 1, now: now)
            var taken = 0
            for _ in 0..<10_000 {
                now += random.next() % (2 * Self.second / UInt64(rate) + 1)
                taken += bucket.take(Int(random.next() % 3), now: now)
            }
            #expect(taken <= Int(now * UInt64(rate) / Self.second) + 1 + taken / 1000)
            #expect(taken > 0)
        }
    }

    @Test func `a clock that begins at nothing does no harm`() {
        var bucket = TokenBucket(rate: 1, burst: 1_000_000, now: 0)
        #expect(bucket.take(2, now: 0) <= 2)
        #expect(bucket.take(1, now: 10 * Self.second) == 1)
        #expect(bucket.wait(now: .max / 2) == 0)
    }
}
