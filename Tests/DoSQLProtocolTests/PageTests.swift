import DoSQLProtocol
import Testing

/// The tables of the pages and the enums that carry them out.
@Suite struct PageTests {
    @Test func `the registry of errors is the enum`() {
        let rows = Pages.rows(of: "errors.md") { $0.count == 4 && UInt16($0) != nil }
        #expect(rows.count == ErrorCode.allCases.count)
        for (row, code) in zip(rows, ErrorCode.allCases) {
            #expect(UInt16(row[0]) == code.rawValue)
            #expect(row[1] == code.name)
            #expect(row[2] == code.category.name)
            #expect(row[3] == (code.isRetryable ? "R" : ""), "\(code)")
        }
    }

    @Test func `the categories are the enum`() {
        let rows = Pages.rows(of: "errors.md") { $0.count <= 2 && UInt8($0) != nil }
        #expect(rows.count == ErrorCategory.allCases.count)
        for (row, category) in zip(rows, ErrorCategory.allCases) {
            #expect(UInt8(row[0]) == category.rawValue)
            #expect(row[1] == category.name)
            #expect(Int(row[2]) == category.httpStatus)
        }
    }

    @Test func `the limits are the constants`() {
        let rows = Pages.rows(of: "limits.md") {
            $0 != "name" && !$0.hasPrefix("--") && !$0.hasPrefix("SQL")
        }
        #expect(rows.count == Limits.all.count)
        for (row, limit) in zip(rows, Limits.all) {
            #expect(row[0] == limit.name)
            #expect(UInt64(row[1].filter { $0 != "," }) == limit.value)
            #expect((row[3] == "yes") == limit.isTold)
        }
    }

    @Test func `the messages are the enum`() {
        let rows = Pages.rows(of: "messages.md") { $0.hasPrefix("`0x") }.filter { $0.count == 4 }
        #expect(rows.count == MessageType.allCases.count)
        for (row, type) in zip(rows, MessageType.allCases) {
            #expect(UInt8(row[0].filter { $0 != "`" }.dropFirst(2), radix: 16) == type.rawValue)
            #expect(row[1] == type.name)
            let rule: StreamRule = row[2] == "0" ? .connection : row[2] == "n" ? .stream : .either
            #expect(rule == type.streamRule, "\(type)")
            if type.sender == .client {
                let hasAnswer = row[3] != "none" && row[3] != "part of a LOAD"
                #expect(hasAnswer == type.isRequest, "\(type)")
            }
        }
    }

    @Test func `the flags stand where the page lists them`() {
        for type in MessageType.allCases {
            #expect(type.allowedFlags.contains(.end) == (type == .loadRows))
            #expect(type.allowedFlags.contains(.depends) == (type.isRequest && type.streamRule == .stream))
        }
    }
}
