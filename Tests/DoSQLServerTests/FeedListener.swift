import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// A subscription as a test reads it: it gives back the credit its rows have spent, unless it is told not to.
final class FeedListener {
    let client: WireClient
    let request: UInt32
    let head: Reply
    private let givesCredit: Bool
    private(set) var rows: [[Value]] = []

    init(
        _ client: WireClient, _ filter: FeedFilter, after: Int64? = nil, credit: UInt64? = nil, stream: UInt16 = 1,
        givesCredit: Bool = true
    ) throws {
        self.client = client
        self.givesCredit = givesCredit
        (request, head) = try client.subscribe(filter, after: after, credit: credit, stream: stream)
    }

    /// Waits until there are so many rows in all, and gives their data.
    @discardableResult
    func data(_ count: Int) throws -> [Value] {
        while rows.count < count { try receive() }
        return rows.map { $0[2] }
    }

    /// Waits for so many rows, and gives their ids.
    @discardableResult
    func ids(_ count: Int) throws -> [Int64] {
        try data(count)
        return ids
    }

    /// The ids that have come.
    var ids: [Int64] {
        rows.map { row in
            guard case .integer(let id) = row[0] else { return -1 }
            return id
        }
    }

    /// Waits for the error that ends it; rows that come before it are kept.
    func failure() throws -> ErrorMessage {
        while true {
            do { try receive() } catch let error as ErrorMessage { return error }
        }
    }

    /// Gives credit.
    func give(_ bytes: UInt64) throws { try client.sendCredit(bytes, for: request) }

    private func receive() throws {
        let reply = try client.receive(for: request)
        if let error = reply.error { throw error }
        guard case .rows(let more) = reply.message else {
            throw TestSupportError("a subscription was answered with \(reply.message)")
        }
        rows += more
        if givesCredit { try give(UInt64(reply.bodySize)) }
    }
}
