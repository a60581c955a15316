import DoSQLJSON
import DoSQLProtocol
import Foundation
import Testing

/// The examples and tables of `protocol/json.md`, as they lie in this checkout.
@Suite struct PageTests {
    static let page: String = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "protocol")
        guard let text = try? String(contentsOf: folder.appending(path: "json.md"), encoding: .utf8) else {
            preconditionFailure("There is no page protocol/json.md.")
        }
        return text
    }()

    /// The blocks of JSON, with what the page says they are.
    static let examples: [(kind: String, json: String)] = page.components(separatedBy: "```json ").dropFirst().map {
        let lines = $0.split(separator: "\n", omittingEmptySubsequences: false)
        let json = lines.dropFirst().prefix { $0 != "```" }.joined(separator: "\n")
        return (String(lines.first ?? ""), json)
    }

    @Test func `every kind of request has an example`() {
        let kinds = Set(Self.examples.map(\.kind))
        #expect(
            kinds == [
                "statement", "operations", "script", "migrate", "begin", "savepoint", "batch", "error", "hub",
                "message",
                "channel", "event",
            ])
    }

    @Test(arguments: examples) func `each example is what the page says it is`(_ kind: String, _ json: String) throws {
        let bytes = Array(json.utf8)
        #expect(isJSON(bytes))
        var writer = ByteWriter()
        switch kind {
        case "statement":
            try StatementRequest.encode(bytes.span, kind: .query, into: &writer)
            _ = try RequestReading.statement(writer.bytes, kind: .query)
        case "operations":
            let kinds = try OperationsRequest.encode(bytes.span, into: &writer)
            #expect(try RequestReading.batch(writer.bytes).count == kinds.count + 1)
        case "batch":
            try BatchRequest.encode(bytes.span, into: &writer)
            #expect(
                try RequestReading.batch(writer.bytes)[4]
                    == "first <SELECT * FROM orders WHERE id = ?> (@1.rowid) if (ran 1 and not(failed 2))")
        case "script":
            try ScriptRequest.encode(bytes.span, into: &writer)
            _ = try Script(writer.bytes.span)
        case "migrate":
            try MigrateRequest.encode(bytes.span, into: &writer)
            #expect(try RequestReading.migrations(writer.bytes).count == 2)
        case "begin":
            try TransactionRequest.encodeBegin(bytes.span, into: &writer)
            #expect(try Begin(writer.bytes.span).idle == 5_000)
        case "savepoint":
            try TransactionRequest.encodeSavepoint(bytes.span, into: &writer)
            _ = try Savepoint(writer.bytes.span, kind: .set)
        case "error":
            JSONAnswer.append(
                ErrorMessage(.constraintUnique, "UNIQUE constraint failed: users.email", sqlite: 2067), to: &writer)
            #expect(try JSONTree.describe(writer.bytes) == JSONTree.describe(bytes))
        case "hub": _ = try HubRequest(bytes.span)
        case "message":
            let channel = Array("room".utf8)
            let data = Array(#"{"text":"Hello"}"#.utf8)
            let created = Array("2026-01-01 12:00:00".utf8)
            HubFrame.append(messageOf: channel.span, data: data.span, id: 42, createdAt: created.span, to: &writer)
            #expect(try JSONTree.describe(writer.bytes) == JSONTree.describe(bytes))
        case "channel": _ = try ChannelMessageRequest(bytes.span)
        case "event": _ = try EventRequest(bytes.span)
        default: Issue.record("no request is called \(kind)")
        }
    }

    @Test func `the limits of the page are the constants`() {
        let rows = Self.page.split(separator: "\n").filter { $0.hasSuffix("`MALFORMED` |") && $0.hasPrefix("|") }
        let bounds = rows.map { row in
            row.split(separator: "|").prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(
            bounds == [
                ["JSON depth", "\(JSONLimits.depthMax)"], ["channel", "\(JSONLimits.channelMax)"],
                ["event type", "\(JSONLimits.eventTypeMax)"], ["hub id", "\(JSONLimits.hubIDMax)"],
            ])
    }
}
