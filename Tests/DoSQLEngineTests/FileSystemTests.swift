import DoSQLEngine
import Foundation
import Testing

/// Files that are replaced whole.
struct FileSystemTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "dosql-files-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func `a new file has the mode that is asked for, and nothing is left beside it`() throws {
        try FileSystem.replace(path("a"), with: Array("one".utf8), mode: 0o640)
        #expect(try String(contentsOfFile: path("a"), encoding: .utf8) == "one")
        #expect(try mode(path("a")) == 0o640)
        try FileSystem.replace(path("b"), with: [])
        #expect(try mode(path("b")) == 0o600)
        #expect(try names() == ["a", "b"])
        try FileManager.default.removeItem(at: folder)
    }

    @Test func `a file that was there keeps its mode, and whoever has it open reads the old one`() throws {
        try FileSystem.replace(path("a"), with: Array("one".utf8))
        try FileManager.default.setAttributes([.posixPermissions: 0o604], ofItemAtPath: path("a"))
        let reader = try #require(FileHandle(forReadingAtPath: path("a")))
        let long = [UInt8](repeating: 7, count: 3_000_000)
        try FileSystem.replace(path("a"), with: long)
        #expect(try mode(path("a")) == 0o604)
        #expect(try Data(contentsOf: URL(filePath: path("a"))) == Data(long))
        #expect(try reader.readToEnd() == Data("one".utf8))
        #expect(try names() == ["a"])
        try FileManager.default.removeItem(at: folder)
    }

    @Test func `through a symbolic link its target is replaced`() throws {
        try FileManager.default.createDirectory(atPath: path("real"), withIntermediateDirectories: true)
        try FileSystem.replace(path("real/a"), with: Array("one".utf8))
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: "real/a")
        try FileSystem.replace(path("link"), with: Array("two".utf8))
        #expect(try String(contentsOfFile: path("real/a"), encoding: .utf8) == "two")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == "real/a")
        try FileManager.default.removeItem(at: folder)
    }

    @Test func `what cannot be replaced stays, and nothing is left beside it`() throws {
        #expect(throws: FileSystem.Failure.self) { try FileSystem.replace(path("none/a"), with: []) }
        try FileManager.default.createDirectory(atPath: path("folder"), withIntermediateDirectories: true)
        #expect(throws: FileSystem.Failure.self) { try FileSystem.replace(path("folder"), with: []) }
        #expect(try names() == ["folder"])
        try FileManager.default.removeItem(at: folder)
    }
}
