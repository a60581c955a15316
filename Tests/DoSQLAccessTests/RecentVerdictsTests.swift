import Testing

@testable import DoSQLAccess

@Suite struct RecentVerdictsTests {
    @Test func `it never holds more than its capacity`() {
        var recent = RecentVerdicts<Int, Int>(capacity: 100)
        for number in 0..<10_000 {
            recent.insert(number, for: number % 700)
            #expect(recent.count <= 100)
        }
    }

    @Test func `the newer half is there`() {
        var recent = RecentVerdicts<Int, Int>(capacity: 100)
        for number in 0..<1_000 { recent.insert(number, for: number) }
        let newest = (950..<1_000).map { recent.verdict(for: $0) }
        #expect(newest == Array(950..<1_000))
        let oldest = recent.verdict(for: 0)
        #expect(oldest == nil)
    }

    @Test func `what is asked for stays`() {
        var recent = RecentVerdicts<Int, Int>(capacity: 100)
        recent.insert(-1, for: -1)
        for number in 0..<1_000 {
            recent.insert(number, for: number)
            let asked = recent.verdict(for: -1)
            #expect(asked == -1)
        }
    }

    @Test func `one and all are forgotten`() {
        var recent = RecentVerdicts<Int, Int>(capacity: 4)
        for number in 0..<4 { recent.insert(number, for: number) }
        recent.remove(3)
        let (removed, kept) = (recent.verdict(for: 3), recent.verdict(for: 2))
        #expect(removed == nil && kept == 2)
        recent.removeAll()
        #expect(recent.count == 0)
    }
}
