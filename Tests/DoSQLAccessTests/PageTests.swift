import Foundation
import Testing

@testable import DoSQLAccess

/// The examples and tables of `protocol/authentication.md`, as they lie in this checkout.
@Suite struct PageTests {
    static let page: String = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "protocol")
        guard let text = try? String(contentsOf: folder.appending(path: "authentication.md"), encoding: .utf8) else {
            preconditionFailure("There is no page protocol/authentication.md.")
        }
        return text
    }()

    private func example(_ kind: String) throws -> [UInt8] {
        let rest = try #require(Self.page.components(separatedBy: "```json \(kind)\n").dropFirst().first)
        return Array(try #require(rest.components(separatedBy: "\n```").first).utf8)
    }

    private func rows(below heading: String) throws -> [[String]] {
        let section = try #require(Self.page.components(separatedBy: "\n## \(heading)\n").dropFirst().first)
        let lines = section.components(separatedBy: "\n## ")[0].split(
            separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2).map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func `the grant is one`() throws {
        let grant = try #require(try Grant.list(try JSONParser.parse(try example("grant")), member: "dosql").first)
        #expect(grant.tenants.map(\.description) == ["acme", "acme-*"])
        #expect(grant.rights == [.read, .write])
        #expect(grant.tables?.map(\.table) == ["log_*", "orders"])
    }

    @Test func `the file of keys is one`() throws {
        let file = try KeyFile(try example("keys"), path: "keys.json")
        #expect(file.records.map(\.name) == ["billing"])
    }

    @Test func `the rights are all that there are, in their order`() throws {
        let names = try rows(below: "Rights").map { $0[0].replacing("`", with: "") }
        #expect(names == Rights.all.names)
    }

    @Test func `the limits are those of the code`() throws {
        let limits = try rows(below: "Limits").map { "\($0[0]) \($0[1].replacing(",", with: ""))" }
        #expect(
            limits == [
                "tokenBytesMax \(AccessLimits.tokenBytesMax)", "jsonDepthMax \(AccessLimits.jsonDepthMax)",
                "patternBytesMax \(AccessLimits.patternBytesMax)", "idBytesMax \(AccessLimits.idBytesMax)",
                "clockLeeway \(AccessLimits.clockLeeway)", "lifetimeMax \(AccessLimits.lifetimeMax)",
                "grantedMax \(AccessLimits.grantedMax)", "refusedMax \(AccessLimits.refusedMax)",
                "fileBytesMax \(AccessLimits.fileBytesMax)",
            ])
        #expect(Self.page.contains("`refusedTime` (10,000 ms)") && AccessLimits.refusedTime == 10_000)
    }
}
