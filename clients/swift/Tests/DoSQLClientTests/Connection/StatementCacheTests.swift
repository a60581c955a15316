import Testing

@testable import DoSQLClient

struct StatementCacheTests {
    @Test func `a text gets a number at its second use`() {
        var cache = StatementCache(countMax: 2, bytesMax: 1000)
        #expect(cache.use("a") == .text)
        #expect(cache.use("a") == .prepare(1, freeing: []))
        #expect(cache.use("a") == .number(1))
    }

    @Test func `the text that was not used for the longest time loses its number to the new one`() {
        var cache = StatementCache(countMax: 2, bytesMax: 1000)
        for text in ["a", "a", "b", "b", "a", "c"] { _ = cache.use(text) }
        #expect(cache.use("c") == .prepare(2, freeing: []))
        #expect(cache.use("a") == .number(1))
        #expect(cache.use("b") == .text)
    }

    @Test func `the bytes are bounded too, and numbers that are not bound anew are freed`() {
        var cache = StatementCache(countMax: 100, bytesMax: 32)
        let texts = (0..<32).map { "\(Character(Unicode.Scalar(UInt8(0x41 + $0))))" }
        for text in texts { _ = cache.use(text); _ = cache.use(text) }
        #expect(cache.use("xx") == .text)
        #expect(cache.use("xx") == .prepare(2, freeing: [1]))
        #expect(cache.use("yy") == .text)
        #expect(cache.use("yy") == .prepare(4, freeing: [3]))
    }

    @Test func `a long text, and every text without room, goes as it is`() {
        var small = StatementCache(countMax: 2, bytesMax: 32)
        for _ in 0..<3 { #expect(small.use("SELECT 1") == .text) }
        var off = StatementCache(countMax: 0, bytesMax: 1000)
        for _ in 0..<3 { #expect(off.use("a") == .text) }
    }

    @Test func `a number that the server does not know is forgotten`() {
        var cache = StatementCache(countMax: 2, bytesMax: 1000)
        for _ in 0..<3 { _ = cache.use("a") }
        cache.forget("a")
        #expect(cache.use("a") == .text)
        #expect(cache.use("a") == .prepare(1, freeing: []))
    }
}
