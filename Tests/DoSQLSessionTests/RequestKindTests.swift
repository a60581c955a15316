import DoSQLProtocol
import DoSQLSession
import Testing

/// Which messages share a rule.
struct RequestKindTests {
    @Test
    func `every request on a bound stream has a kind, and nothing else has`() {
        for type in MessageType.allCases {
            let isRequest = type.sender == .client && type.streamRule == .stream && type != .open && type != .loadRows
            #expect((RequestKind(type) != nil) == isRequest, "\(type.name)")
        }
    }

    @Test(arguments: [
        (MessageType.query, RequestKind.statement), (.queryOne, .statement), (.run, .statement), (.batch, .batch),
        (.publish, .statement), (.script, .script), (.subscribe, .subscribe),
        (.migrate, .script), (.describe, .describe), (.load, .load), (.begin, .begin), (.commit, .commit),
        (.rollback, .rollback),
        (.savepoint, .savepoint), (.release, .savepoint), (.rollbackTo, .savepoint), (.close, .close),
    ])
    func `a message has its kind`(_ type: MessageType, _ kind: RequestKind) {
        #expect(RequestKind(type) == kind)
    }

    @Test
    func `the times are the page's`() {
        let limits = SessionLimits()
        let times = [
            (limits.handshakeTime, Limits.handshakeTime), (limits.transactionIdleMax, Limits.transactionIdleMax),
            (limits.transactionTotalMax, Limits.transactionTotalMax),
            (limits.transactionWaitMax, Limits.transactionWaitMax),
            (limits.cursorStallMax, Limits.cursorStallMax), (limits.snapshotAgeMax, Limits.snapshotAgeMax),
        ]
        for (nanoseconds, milliseconds) in times { #expect(nanoseconds == UInt64(milliseconds) * 1_000_000) }
    }
}
