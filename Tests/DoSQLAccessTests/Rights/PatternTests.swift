import DoSQLAccess
import Testing

@Suite struct PatternTests {
    @Test(arguments: [
        ("acme", "acme"), ("*", "acme"), ("*", "a"), ("acme*", "acme"), ("acme*", "acme-1"), ("*acme", "acme"),
        ("a*e", "ae"), ("a*e", "acme"), ("a*c*e", "acme"), ("a**e", "acme"), ("*a*", "bab"), ("a*bc", "abcbc"),
        ("a*ab*b", "aabab"), ("*-*-*", "a-b-c"), ("aa*aa", "aaaa"), ("a*b*c", "abbc"), ("t:*:eu", "t:1:eu"),
    ])
    func `a pattern matches what it looks like`(_ pattern: String, _ name: String) throws {
        #expect(try #require(TenantPattern(pattern)).matches(name))
    }

    @Test(arguments: [
        ("acme", "acme2"), ("acme", "Acme"), ("acme", "acm"), ("acme", ""), ("acme*", "acm"), ("*acme", "acme2"),
        ("a*e", "a"), ("aa*aa", "aaa"), ("a*b*c", "acb"), ("a.c", "abc"), ("a*", "ba"), ("*-*-*", "a-b"),
        ("acme-*", "acme"), ("a*a", "a"),
    ])
    func `and nothing else`(_ pattern: String, _ name: String) throws {
        #expect(try !#require(TenantPattern(pattern)).matches(name))
    }

    @Test func `letters that Unicode calls the same are not the same tenant`() throws {
        // The Kelvin sign is canonically K, so Swift's == would say yes.
        #expect("\u{212A}" == "K")
        #expect(try !#require(TenantPattern("K")).matches("\u{212A}"))
        #expect(try !#require(TenantPattern("K*")).matches("\u{212A}1"))
    }

    @Test(arguments: [
        "", " acme", "acme ", "ac/me", "../acme", "ac\u{0}me", "äcme", "\u{212A}", "[a]", "a?c", "{a,b}",
        String(repeating: "a", count: 129),
    ])
    func `what no tenant's name could match is no pattern`(_ text: String) {
        #expect(TenantPattern(text) == nil)
    }

    @Test func `only stars are every tenant`() throws {
        #expect(try #require(TenantPattern("*")).isEvery)
        #expect(try #require(TenantPattern("**")).isEvery)
        #expect(try !#require(TenantPattern("a*")).isEvery)
        #expect(try !#require(TenantPattern("acme")).isEvery)
        #expect(TenantPattern.every.matches("acme"))
    }

    /// What a matcher that goes back would take longer for than the universe is old.
    @Test func `a pattern of many stars is done with at once`() throws {
        let pattern = try #require(TenantPattern(String(repeating: "a*", count: 63) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 128)))
        let table = try #require(TableGrant(table: String(repeating: "*a", count: 63) + "b", rights: .read))
        #expect(!table.matches(String(repeating: "a", count: 1_000_000)))
    }

    /// Every short pattern against every short name, beside a matcher that is slow and plainly right.
    @Test func `it agrees with the definition`() throws {
        func texts(_ alphabet: [Character], upTo length: Int) -> [String] {
            var all: [String] = [""]
            var last = all
            for _ in 0..<length {
                last = last.flatMap { text in alphabet.map { text + String($0) } }
                all += last
            }
            return all
        }
        func matches(_ pattern: Substring, _ name: Substring) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first != "*" { return name.first == first && matches(pattern.dropFirst(), name.dropFirst()) }
            return matches(pattern.dropFirst(), name) || !name.isEmpty && matches(pattern, name.dropFirst())
        }
        let names = texts(["a", "b"], upTo: 5)
        for text in texts(["a", "b", "*"], upTo: 5) where !text.isEmpty {
            let pattern = try #require(TenantPattern(text))
            for name in names where pattern.matches(name) != matches(text[...], name[...]) {
                Issue.record("\(text) and \(name)")
            }
        }
    }

    @Test func `tables are compared as SQLite does, without the case of ASCII letters`() throws {
        let table = try #require(TableGrant(table: "Users_*", rights: [.read, .schema]))
        #expect(table.matches("USERS_1"))
        #expect(table.matches("users_"))
        #expect(!table.matches("users"))
        #expect(table.rights == .read)
        let umlaut = try #require(TableGrant(table: "Ä", rights: .read))
        #expect(umlaut.matches("Ä"))
        #expect(!umlaut.matches("ä"))
        // Decomposed: another name to SQLite.
        #expect(!umlaut.matches("A\u{0308}"))
    }
}
