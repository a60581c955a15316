import Testing

@testable import DoSQLClient

struct RetryPolicyTests {
    private func repeats(_ error: DoSQLError, _ repeatability: Repeatability, attempt: Int = 1) -> Bool {
        RetryPolicy.standard.pause(after: error, attempt: attempt, of: repeatability) != nil
    }

    @Test func `what is known not to have run is repeated, whatever it was`() {
        let error = DoSQLError(.overloaded, "", isRetryable: true)
        for repeatability in [Repeatability.read, .keyed, .write] { #expect(repeats(error, repeatability)) }
        #expect(!repeats(error, .read, attempt: 3))
    }

    @Test func `what may have run is repeated only where that does no harm`() {
        let error = DoSQLError(.connectionClosed, "", isRetryable: true, execution: .unknown)
        #expect(repeats(error, .read))
        #expect(repeats(error, .keyed))
        #expect(!repeats(error, .write))
    }

    @Test func `time bounds, conflicts and what has run are not repeated`() {
        #expect(!repeats(DoSQLError(.deadlineExceeded, "", isRetryable: true), .read))
        #expect(!repeats(DoSQLError(.transactionAborted, "", isRetryable: true), .keyed))
        #expect(!repeats(DoSQLError(.overloaded, "", isRetryable: true, execution: .executed), .read))
        #expect(!repeats(DoSQLError(.constraintUnique, ""), .read))
    }

    @Test func `pauses grow to their bound, and the server's wish is kept`() {
        let policy = RetryPolicy(attemptsMax: 9, backoffMin: .milliseconds(10), backoffMax: .milliseconds(50))
        #expect((1...4).map { policy.backoff(after: $0) } == [10, 20, 40, 50].map { .milliseconds($0) })
        var error = DoSQLError(.overloaded, "", isRetryable: true)
        error.retryAfter = .seconds(1)
        #expect(policy.pause(after: error, attempt: 1, of: .read) == .seconds(1))
    }
}
