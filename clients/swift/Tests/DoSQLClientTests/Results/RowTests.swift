import DoSQLProtocol
import Testing

@testable import DoSQLClient

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct RowTests {
    private func row(_ columns: [String], _ values: [Value]) throws -> Row {
        var writer = ByteWriter()
        writer.writeRows([values])
        var reader = ByteReader(writer.bytes.span)
        return Row(block: try RowBlock(reader.readRows(columns: columns.count), columns: ColumnNames(columns)), row: 0)
    }

    private func cell(_ value: Value) throws -> Cell { try row(["c"], [value])[0] }

    @Test func `integers are exact to 64 bits, and one that does not fit is an error`() throws {
        #expect(try cell(.integer(.max)).decode(Int64.self) == .max)
        #expect(try cell(.integer(.min)).decode(Int64.self) == .min)
        #expect(try cell(.integer(255)).decode(UInt8.self) == 255)
        for refused in [256, -1] as [Int64] {
            let error = try #require(throws: DoSQLError.self) { try cell(.integer(refused)).decode(UInt8.self) }
            #expect(error.code == .decoding)
        }
        #expect(throws: DoSQLError.self) { try cell(.text("1")).decode(Int.self) }
        #expect(throws: DoSQLError.self) { try cell(.null).decode(Int.self) }
    }

    @Test func `nothing becomes a real, or an integer, by losing something`() throws {
        #expect(try cell(.real(-0.0)).decode(Double.self).sign == .minus)
        #expect(try cell(.integer(1 << 53)).decode(Double.self) == 9_007_199_254_740_992)
        #expect(throws: DoSQLError.self) { try cell(.integer(1 << 53 + 1)).decode(Double.self) }
        #expect(try cell(.real(3)).decode(Int.self) == 3)
        #expect(throws: DoSQLError.self) { try cell(.real(3.5)).decode(Int.self) }
        #expect(throws: DoSQLError.self) { try cell(.real(1e300)).decode(Float.self) }
    }

    @Test func `a boolean is 0 or 1`() throws {
        #expect(try cell(.integer(1)).decode(Bool.self))
        #expect(try !cell(.integer(0)).decode(Bool.self))
        #expect(throws: DoSQLError.self) { try cell(.integer(2)).decode(Bool.self) }
    }

    @Test func `text that is not UTF-8 is an error as a String, and its bytes are there`() throws {
        let bytes: [UInt8] = [0x66, 0xFF, 0x00]
        let broken = try cell(.text(Text(bytes)))
        #expect(throws: DoSQLError.self) { try broken.decode(String.self) }
        #expect(broken.bytes == bytes)
        #expect(broken.kind == .text)
        #expect(broken.value == .textBytes(bytes))
        #expect(try cell(.text("a\0b")).decode(String.self) == "a\0b")
    }

    @Test func `NULL, an empty text and an empty blob are three values`() throws {
        #expect(try cell(.null).decode(String?.self) == nil)
        #expect(try cell(.text("")).decode(String?.self) == "")
        #expect(try cell(.blob([])).value == .blob([]))
        #expect(throws: DoSQLError.self) { try cell(.blob([])).decode(String.self) }
    }

    @Test func `UUIDs and dates`() throws {
        let uuid = UUID()
        guard case .text(let text) = uuid.dosqlValue else { throw CancellationError() }
        #expect(try cell(.text(text)).decode(UUID.self) == uuid)
        #expect(text == text.lowercased())
        var bytes: [UInt8] = []
        let digits = Array(text.filter { $0 != "-" })
        for place in stride(from: 0, to: 32, by: 2) {
            bytes.append(try #require(UInt8(String(digits[place...place + 1]), radix: 16)))
        }
        #expect(try cell(.blob(bytes)).decode(UUID.self) == uuid)
        #expect(try cell(.integer(5)).decode(Date.self) == Date(timeIntervalSince1970: 5))
        #expect(throws: DoSQLError.self) { try cell(.real(2_460_000.5)).decode(Date.self) }
    }

    enum Role: String, Codable { case admin, user }
    struct User: Decodable, Equatable {
        var id: Int
        var displayName: String?
        var role: Role
        var createdAt: Date
        var isNew: Bool
    }

    @Test func `a type is read by column names`() throws {
        let row = try row(
            ["created_at", "id", "display_name", "role", "is_new"],
            [.text("1970-01-01 00:00:05"), .integer(3), .null, .text("admin"), .integer(1)])
        #expect(
            try row.decode(User.self, naming: .snakeCase)
                == User(
                    id: 3, displayName: nil, role: .admin, createdAt: Date(timeIntervalSince1970: 5), isNew: true))
        let error = try #require(throws: DoSQLError.self) { try row.decode(User.self) }
        #expect(error.message.contains("createdAt") || error.message.contains("role"))
    }

    @Test func `a tuple has as many columns as the row`() throws {
        let row = try row(["a", "b"], [.integer(1), .text("x")])
        #expect(try row.decode((Int, String).self) == (1, "x"))
        #expect(throws: DoSQLError.self) { try row.decode((Int, String, Int).self) }
    }

    @Test func `a name that occurs twice means the first`() throws {
        #expect(try row(["a", "a"], [.integer(1), .integer(2)]).decode("a", as: Int.self) == 1)
    }

    @Test(arguments: [
        ("userID", "user_id"), ("userId", "user_id"), ("user_id", "user_id"), ("parseURLNow", "parse_url_now"),
        ("a", "a"),
    ])
    func `names of properties become names of columns`(property: String, column: String) {
        #expect(property.snakeCased == column)
    }
}
