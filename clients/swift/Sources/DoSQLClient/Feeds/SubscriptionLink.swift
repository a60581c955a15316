import DoSQLProtocol

/// One SUBSCRIBE that the server has answered with HEAD. It is cancelled when nobody has it any more.
final class SubscriptionLink: Sendable {
    let sink: RowStreamSink
    let position: FeedPosition

    fileprivate init(_ sink: RowStreamSink, position: FeedPosition) {
        self.sink = sink
        self.position = position
    }

    deinit { sink.cancel() }
}

extension Tenant {
    /// Subscribes, on a connection that others use too: behind HEAD a subscription holds nobody up, and its credit
    /// bounds what it may put on the socket, so a connection of its own would only cost a descriptor and a handshake.
    func link(_ filter: FeedFilter, after: Int64?, credit: Int?) async throws -> SubscriptionLink {
        let body = RequestBody.subscribe(filter, after: after, credit: credit.map { UInt64(clamping: $0) })
        return try await observed(body.name) {
            try await runner.repeating(body.repeatability) { pooled, _ in
                let sink = RowStreamSink(
                    connection: pooled.connection, creditStep: StatementOptions(credit: credit).creditStep
                ) { pooled.release() }
                _ = try await sink.start(body, on: .shared(key, .subscriptions))
                guard let position = sink.position else {
                    sink.cancel()
                    throw DoSQLError.unexpected("a subscription without a position")
                }
                return SubscriptionLink(sink, position: position)
            }
        }
    }
}
