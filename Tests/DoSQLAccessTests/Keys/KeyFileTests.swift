import Testing

@testable import DoSQLAccess

@Suite struct KeyFileTests {
    private func read(_ text: String) throws -> KeyFile { try KeyFile(Array(text.utf8), path: "keys.json") }

    private func file(_ members: String) -> String { "{\"version\": 1, \"keys\": [{\(members)}]}" }

    private let members = """
        "id": "0f1e2d3c4b5a6978", "name": "a", "created": "2026-01-31T12:00:00Z", \
        "sha256": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", \
        "grants": [{"tenants": ["acme"], "rights": ["read"]}]
        """

    @Test func `what is written is read again`() throws {
        var file = KeyFile()
        #expect(try read(file.text) == file)
        let grants = [Grant(tenants: [.every], rights: .all)]
        for name in ["plain", "with \"quotes\", \n and é"] {
            file.add(KeyRecord(of: APIKey(), name: name, created: now, expires: now + 86_400_000, grants: grants))
        }
        file.add(KeyRecord(of: APIKey(), name: "", created: now, expires: nil, grants: []))
        #expect(try read(file.text) == file)
        let id = file.records[1].id
        let isKnown = [file.revoke(id: id, at: now + 1_500), file.revoke(id: "0000000000000000", at: now)]
        #expect(isKnown == [true, false])
        #expect(file.records[1].revoked == now + 1_000)
        // The first time counts.
        _ = file.revoke(id: id, at: now + 9_000)
        #expect(file.records[1].revoked == now + 1_000)
        #expect(try read(file.text) == file)
        // A record a line, for eyes and for diff.
        #expect(file.text.split(separator: "\n").count == 3 + file.records.count + 2)
    }

    @Test func `the record is what it says`() throws {
        let record = try #require(try read(file(members + ", \"expires\": \"2027-01-31T12:00:00Z\"")).records.first)
        #expect(record.created == 1_769_860_800_000 && record.expires == 1_801_396_800_000 && record.revoked == nil)
        #expect(record.grants == [Grant(tenants: [TenantPattern("acme")].compactMap(\.self), rights: .read)])
    }

    @Test func `a record that is not understood refuses the file, with its number`() throws {
        for (wrong, words) in [
            ("0f1e2d3c4b5a6978", "id is not 16 hexadecimal digits"),
            ("\"a\"", "name is not a text"),
            ("2026-01-31T12:00:00Z", "created is not a time such as 2026-01-31T12:00:00Z"),
            ("5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9", "sha256 is not 64 hexadecimal digits"),
            ("read", "'x' is not a right"),
        ] {
            let text = file(members.replacing(wrong, with: wrong == "\"a\"" ? "7" : "x"))
            #expect(throws: TokenFileError(path: "keys.json", .record(1, words))) { try read(text) }
        }
        for (more, words) in [
            (", \"only\": \"weekdays\"", "'only' is not a member of a key"),
            (", \"expires\": \"never\"", "expires is not a time such as 2026-01-31T12:00:00Z"),
            (", \"expires\": 1800000000", "expires is not a time such as 2026-01-31T12:00:00Z"),
            (", \"revoked\": true", "revoked is not a time such as 2026-01-31T12:00:00Z"),
        ] {
            #expect(throws: TokenFileError(path: "keys.json", .record(1, words))) { try read(file(members + more)) }
        }
        let twice = "{\"version\": 1, \"keys\": [{\(members)}, {\(members)}]}"
        #expect(throws: TokenFileError(path: "keys.json", .record(2, "its id is another key's too"))) {
            try read(twice)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"keys": []}"#, #"{"version": 2, "keys": []}"#, #"{"version": "1", "keys": []}"#,
        #"{"version": 1, "keys": {}}"#, #"{"version": 1, "keys": [], "more": 1}"#, #"{"version": 1, "keys": []} x"#,
        #"{"version": 1, "keys": [], "keys": []}"#,
    ])
    func `what is no file of keys is refused whole`(_ text: String) {
        #expect(throws: TokenFileError.self) { try read(text) }
    }

    @Test func `a file that others may read or write is refused`() throws {
        let folder = try TokenFolder()
        for mode in [0o604, 0o602, 0o644, 0o666, 0o601] {
            let path = try folder.write(KeyFile().text, to: "keys.json", mode: mode)
            #expect(throws: TokenFileError(path: path, .openToOthers(mode: mode))) { try KeyFile(path: path) }
        }
        for mode in [0o600, 0o640, 0o400, 0o660] {
            #expect(try KeyFile(path: try folder.write(KeyFile().text, to: "keys.json", mode: mode)) == KeyFile())
        }
    }

    @Test func `no file, a folder, and one that is too long`() throws {
        let folder = try TokenFolder()
        #expect(throws: TokenFileError.self) { try KeyFile(path: folder.path(of: "nothing")) }
        #expect(throws: TokenFileError(path: "/tmp", .notAFile)) { try KeyFile(path: "/tmp") }
        #expect(throws: TokenFileError(path: "/dev/null", .notAFile)) { try KeyFile(path: "/dev/null") }
        let path = try folder.write([UInt8](repeating: 0x20, count: AccessLimits.fileBytesMax + 1), to: "long")
        #expect(throws: TokenFileError(path: path, .tooLong)) { try KeyFile(path: path) }
    }
}
