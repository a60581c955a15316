import Testing

@testable import DoSQLAccess

@Suite struct RevocationListTests {
    private func read(_ text: String) throws -> Set<String> {
        try RevocationList(Array(text.utf8), path: "revoked").ids
    }

    @Test func `an id on each line, and comments`() throws {
        #expect(try read("").isEmpty)
        #expect(try read("a") == ["a"])
        #expect(try read("# stolen\n\na\n  b\t# the laptop\r\nc\r\n\t\n#d\ne#f\n") == ["a", "b", "c", "e"])
    }

    @Test func `two ids on a line, control characters, bytes that are no text`() {
        #expect(throws: TokenFileError(path: "revoked", .line(2, "a line has one id, without spaces, in UTF-8"))) {
            try read("a\nb c\n")
        }
        #expect(throws: TokenFileError.self) { try read("a\u{0}b") }
        #expect(throws: TokenFileError.self) { try read(String(repeating: "a", count: 257)) }
        #expect(throws: TokenFileError.self) { try RevocationList([0xFF], path: "revoked") }
    }

    @Test func `more ids go behind what is there, comments and all, and none twice`() throws {
        let add = { (ids: [String], text: String) in
            String(decoding: try RevocationList.adding(ids, to: Array(text.utf8), path: "revoked"), as: UTF8.self)
        }
        #expect(try add(["a", "b", "a"], "") == "a\nb\n")
        #expect(try add(["a", "b"], "# lost\na # the laptop") == "# lost\na # the laptop\nb\n")
        #expect(try add(["a"], "a\n") == "a\n")
        #expect(throws: TokenFileError.self) { try add(["a"], "b c") }
    }

    @Test func `everybody may read it, and not everybody may write it`() throws {
        let folder = try TokenFolder()
        #expect(try RevocationList(path: try folder.write("a", to: "revoked", mode: 0o644)).ids == ["a"])
        let path = try folder.write("a", to: "revoked", mode: 0o646)
        #expect(throws: TokenFileError(path: path, .openToOthers(mode: 0o646))) { try RevocationList(path: path) }
    }
}
