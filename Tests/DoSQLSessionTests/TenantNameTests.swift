import DoSQLProtocol
import DoSQLSession
import Testing

/// Names of tenants and the files they lie in (`protocol/messages.md`, OPEN).
struct TenantNameTests {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")

    private static func randomName(_ random: inout Seeded, letters: [Character] = alphabet) throws -> TenantName {
        let length = Int.random(in: 1...TenantName.lengthMax, using: &random)
        while true {
            let text = String((0..<length).map { _ in letters.randomElement(using: &random)! })
            if let name = try? TenantName(text) { return name }
        }
    }

    @Test(arguments: [
        "a", "Z", "0", "a.b", "a_b", "a:b", "a-b", "user:42", "org.example.Tenant-7", "9..", "a::", "CON", "a.sqlite",
        "x-wal",
        String(repeating: "a", count: 128),
    ])
    func `is a name`(_ text: String) throws {
        #expect(try TenantName(text).description == text)
    }

    @Test(arguments: [
        ("", TenantName.Fault.empty),
        (String(repeating: "a", count: 129), .tooLong(length: 129)),
        (".", .badByte(0x2E, offset: 0)), ("..", .badByte(0x2E, offset: 0)), (".hidden", .badByte(0x2E, offset: 0)),
        ("_a", .badByte(0x5F, offset: 0)), (":a", .badByte(0x3A, offset: 0)), ("-a", .badByte(0x2D, offset: 0)),
        ("../a", .badByte(0x2E, offset: 0)), ("/etc", .badByte(0x2F, offset: 0)),
        ("a/b", .badByte(0x2F, offset: 1)), ("a\\b", .badByte(0x5C, offset: 1)), ("a\0", .badByte(0, offset: 1)),
        ("a b", .badByte(0x20, offset: 1)),
        ("a~1", .badByte(0x7E, offset: 1)), ("a=b", .badByte(0x3D, offset: 1)), ("a%2F", .badByte(0x25, offset: 1)),
        ("a@b", .badByte(0x40, offset: 1)), ("a[b", .badByte(0x5B, offset: 1)), ("a`b", .badByte(0x60, offset: 1)),
        ("a{b", .badByte(0x7B, offset: 1)),
        ("a\n", .badByte(0x0A, offset: 1)), ("a\u{7F}", .badByte(0x7F, offset: 1)),
        ("é", .badByte(0xC3, offset: 0)), ("aé", .badByte(0xC3, offset: 1)), ("a\u{FF41}", .badByte(0xEF, offset: 1)),
    ])
    func `is not a name, and says why`(_ text: String, _ fault: TenantName.Fault) {
        #expect(throws: fault) { try TenantName(text) }
        #expect(!fault.description.isEmpty)
    }

    @Test
    func `length counts in bytes and equals what the pages say`() {
        #expect(TenantName.lengthMax == Limits.tenantNameMax)
        #expect(throws: TenantName.Fault.tooLong(length: 130)) {
            try TenantName("a" + String(repeating: "é", count: 64) + "a")
        }
    }

    @Test(arguments: [
        ("abc", "abc"), ("a:b", "a=b"), ("A", "a~1"), ("aB", "ab~2"), ("ABCD", "abcd~f"), ("abcdE", "abcde~01"),
        ("aB:C-d", "ab=c-d~a"),
        ("Abcd.efgh.X", "abcd.efgh.x~104"),
    ])
    func `a stem is in lower case and says which letters were not`(_ name: String, _ stem: String) throws {
        #expect(try TenantName(name).fileStem == stem)
        #expect(TenantName(fileStem: stem)?.description == name)
    }

    @Test(arguments: [
        "", "~", "~1", "A", "aB~2", "a:b", "a~", "a~0", "a~2", "a~10", "a~1~1", "a~+", "a~g", "a~F", "ab~3 ", "-a",
        ".a", "_a", "=a", "a=~2", "9~1", "é", "a~é",
        "lost+found", ".DS_Store", "a/b", "abcd~10", String(repeating: "a", count: 129),
    ])
    func `a foreign file is not a tenant`(_ stem: String) {
        #expect(TenantName(fileStem: stem) == nil)
    }

    @Test
    func `every name comes back from its stem`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Seeded(seed)
        for _ in 0..<5_000 {
            let name = try Self.randomName(&random)
            let stem = name.fileStem
            #expect(TenantName(fileStem: stem) == name, "seed \(seed), \(name)")
            // What stands behind it in a file's name: `.sqlite-wal` and longer.
            #expect(stem.utf8.count <= 161 && stem.utf8.count + 64 <= 255, "seed \(seed), \(name)")
            let allowed = stem.utf8.allSatisfy { byte in "abcdefghijklmnopqrstuvwxyz0123456789._=-~".utf8.contains(byte)
            }
            #expect(allowed && stem.lowercased() == stem, "seed \(seed), \(name)")
        }
    }

    @Test
    func `no two names share a stem, also where files do not differ by case`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Seeded(seed)
        // Few letters, short and long: as many near collisions as possible.
        let letters = Array("aAbB:.-1")
        var owners: [String: TenantName] = [:]
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...6, using: &random)
            guard let name = try? TenantName(String((0..<length).map { _ in letters.randomElement(using: &random)! }))
            else { continue }
            let owner = owners.updateValue(name, forKey: name.fileStem.lowercased())
            #expect(owner == nil || owner == name, "seed \(seed), \(name)")
        }
        #expect(owners.count > 1_000)
    }

    @Test
    func `random bytes as a stem give a name that leads back, or none`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Seeded(seed)
        let letters = Array("aAzZ09._:=-~f1é ")
        var found = 0
        for _ in 0..<20_000 {
            let stem = String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in letters.randomElement(using: &random)! })
            guard let name = TenantName(fileStem: stem) else { continue }
            found += 1
            #expect(name.fileStem == stem, "seed \(seed)")
        }
        #expect(found > 0)
    }
}
