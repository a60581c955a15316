import DoSQLProtocol
import Testing

@testable import DoSQLClient

struct DoSQLErrorTests {
    @Test func `everything an ERROR says is there`() {
        let error = DoSQLError(
            ErrorMessage(
                .constraintUnique, "UNIQUE constraint failed: users.email", execution: .notExecuted, sqlite: 2067,
                offset: 3,
                step: 1, retryAfter: 250, limit: .init(name: "rowsMax", value: 9), row: 4, migration: "0001",
                trace: "t-1", oldest: 90))
        #expect(error.code == .constraintUnique)
        #expect(error.category == .conflict)
        #expect(error.category.httpStatus == 409)
        #expect(error.message == "UNIQUE constraint failed: users.email")
        #expect(error.sqliteCode == 2067)
        #expect((error.offset, error.step, error.row) == (3, 1, 4))
        #expect(error.retryAfter == .milliseconds(250))
        #expect(error.limit == .init(name: "rowsMax", value: 9))
        #expect(error.migration == "0001")
        #expect(error.trace == "t-1")
        #expect(error.oldest == 90)
        #expect(!error.isRetryable)
        #expect(!error.userMessage.contains("users"))
    }

    @Test(arguments: ErrorCode.allCases)
    func `every code of the registry has its name, category and a sentence for people`(code: ErrorCode) {
        let error = DoSQLError(ErrorMessage(code, "words"))
        #expect(error.code.name == code.name)
        #expect(error.category.rawValue == code.category.rawValue)
        #expect(error.category.name == code.category.name)
        #expect(error.isRetryable == code.isRetryable)
        #expect(error.category == error.code.category)
        #expect(!error.userMessage.isEmpty)
    }

    @Test func `a code that is younger than this library keeps its number and category`() {
        var message = ErrorMessage(.internal, "new")
        message.rawCode = 4999
        message.rawCategory = 2
        let error = DoSQLError(message)
        #expect(error.code == DoSQLError.Code(rawValue: 4999))
        #expect(error.code.name == "CODE_4999")
        #expect(error.category == .conflict)
    }
}
