import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct ErrorAnswerTests {
    @Test func `an error keeps its words and says what it is`() throws {
        #expect(
            try json(ErrorMessage(.constraintUnique, "UNIQUE constraint failed: users.email", sqlite: 2067))
                == #"{"error":"UNIQUE constraint failed: users.email","code":"CONSTRAINT_UNIQUE","category":"CONFLICT","#
                + #""retryable":false,"executed":"no","sqliteCode":2067}"#)
    }

    @Test func `an error with all there is`() throws {
        let error = ErrorMessage(
            .migrationFailed, "near \"X\": syntax error", isRetryable: true, execution: .unknown, isFatal: true,
            transaction: .aborted, sqlite: 1, offset: 4, step: 2, retryAfter: 1_500,
            limit: .init(name: "writeQueueMax", value: 16_384), statement: .init(index: 3, offset: 80), row: 6,
            migration: "002_b", trace: "t-1")
        #expect(
            try json(error)
                == #"{"error":"near \"X\": syntax error","code":"MIGRATION_FAILED","category":"EXECUTION","retryable":true,"#
                + #""executed":"unknown","sqliteCode":1,"offset":4,"step":2,"row":6,"statement":{"index":3,"offset":80},"#
                + #""migration":"002_b","limit":{"name":"writeQueueMax","value":16384},"retryAfter":1500,"#
                + #""transaction":"aborted","trace":"t-1"}"#)
    }

    @Test func `what was executed is told`() throws {
        let error = ErrorMessage(.idempotencyAnswerLost, "m", execution: .executed)
        #expect(try json(error).contains(#""executed":"yes""#))
    }

    @Test func `a code that nobody knows is a number`() throws {
        var error = ErrorMessage(.internal, "m")
        error.rawCode = 65_000
        error.rawCategory = 200
        #expect(try json(error).contains(#""code":"65000","category":"200""#))
        #expect(error.httpStatus == 500)
    }

    @Test(
        arguments: [
            (.unauthenticated, 401), (.forbidden, 403), (.notAllowed, 403), (.frameTooLarge, 413),
            (.noTransaction, 404),
            (.tenantNotFound, 404), (.constraintUnique, 409), (.constraintForeignKey, 400), (.sqlError, 400),
            (.malformed, 400), (.overloaded, 503), (.shuttingDown, 503), (.tooManyConnections, 503),
            (.deadlineExceeded, 504),
            (.transactionExpired, 504), (.lockTimeout, 504), (.resultTooLarge, 507), (.storageFull, 507),
            (.internal, 500),
            (.tenantCorrupt, 500), (.migrationConflict, 409),
        ] as [(ErrorCode, Int)]) func `the status of an error`(_ code: ErrorCode, _ status: Int)
    {
        #expect(ErrorMessage(code, "m").httpStatus == status)
    }

    @Test func `a server that cannot now says when`() {
        #expect(ErrorMessage(.overloaded, "m").retryAfterSeconds == 1)
        #expect(ErrorMessage(.overloaded, "m", retryAfter: 0).retryAfterSeconds == 1)
        #expect(ErrorMessage(.overloaded, "m", retryAfter: 2_000).retryAfterSeconds == 2)
        #expect(ErrorMessage(.overloaded, "m", retryAfter: 2_001).retryAfterSeconds == 3)
        #expect(ErrorMessage(.overloaded, "m", retryAfter: .max).retryAfterSeconds == UInt64.max / 1_000 + 1)
        #expect(ErrorMessage(.shuttingDown, "m").retryAfterSeconds == 1)
        #expect(ErrorMessage(.sqlError, "m").retryAfterSeconds == nil)
        #expect(ErrorMessage(.lockTimeout, "m").retryAfterSeconds == nil)
    }

    @Test func `a fault is an error`() {
        let error = JSONFault("a string is needed", path: "sql").error
        #expect(error.code == .malformed)
        #expect(error.message == "sql: a string is needed")
        #expect(error.httpStatus == 400)
        #expect(error.execution == .notExecuted)
        #expect(!error.isFatal)
    }

    private func json(_ error: ErrorMessage) throws -> String {
        let body = AnswerWriting.body { error.encode(into: &$0, stream: 1, request: 1) }
        return try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(error: body, to: &writer)
        }
    }
}
