import DoSQLLoop
import DoSQLProtocol

/// The transactions over HTTP that a shard holds.
final class TransactionTable {
    private unowned let shard: Shard
    private var transactions: [TransactionID: LeasedTransaction] = [:]

    init(of shard: Shard) {
        self.shard = shard
    }

    /// Begins one on this shard; the caller gets frames.
    /// - Throws: `OVERLOADED` if there are too many.
    func begin(tenant: String, body: [UInt8], principal: Principal?, caller: TransactionCaller) throws(Failure)
        -> TransactionID
    {
        let transactionsMax = shard.context.configuration.http.transactionsMax
        if transactions.count >= transactionsMax {
            // Those whose time was over make room before somebody is told so.
            for transaction in transactions.values where transaction.isOver { transaction.end() }
        }
        guard transactions.count < transactionsMax else {
            var failure = Failure(
                .overloaded, "too many transactions are open over HTTP",
                limit: ("httpTransactionsMax", transactionsMax))
            failure.retryAfter = 1000
            throw failure
        }
        let shareMax = shard.context.configuration.http.tenantTransactionsMax
        if transactions.count >= transactionsMax / 2,
            transactions.values.count(where: { $0.tenant == tenant }) >= shareMax
        {
            throw .overloaded(
                "too many transactions are open over HTTP, and many of them are this tenant's",
                limit: ("httpTenantTransactionsMax", shareMax), retryAfter: 1000)
        }
        let transaction = LeasedTransaction(
            tenant: tenant, begin: body, principal: principal, shard: shard, caller: caller)
        transactions[transaction.id] = transaction
        return transaction.id
    }

    /// Somebody wants something of one of them.
    func received(_ call: TransactionCall) {
        guard let transaction = transactions[call.transaction],
            call.tenant == nil || call.tenant == transaction.tenant, transaction.belongs(to: call.principal)
        else {
            guard case .request = call.kind else { return }
            shard.metrics.failed(Self.unknown, .http)
            // A wrong tenant or token is told nothing that a wrong name is not.
            return Self.refuse(call.caller)
        }
        transaction.call(call)
    }

    /// A transaction's session has sent an answer and takes the next call.
    func proceed(_ id: TransactionID) { transactions[id]?.proceed() }

    /// Tells a caller that there is no such transaction, or no more.
    static func refuse(_ caller: TransactionCaller) {
        let frame = unknown.frame(stream: 1, request: 1, transaction: .none)
        caller.shard.post(.transactionFrames(frame, nil, for: caller))
    }

    static let unknown = Failure(.noTransaction, "there is no such transaction: it has ended, or never was")

    /// Ends one that was begun on this shard, whose caller is gone and has not heard its name.
    func abandon(_ id: TransactionID) { transactions[id]?.end() }

    func remove(_ transaction: LeasedTransaction) { transactions[transaction.id] = nil }

    func tick(_ now: UInt64) {
        for transaction in transactions.values { transaction.tick(now) }
    }

    /// The server stops: those that nobody calls at this moment are rolled back.
    func drain() {
        for transaction in transactions.values { transaction.drain() }
    }

    /// The shard stops.
    func endAll() {
        for transaction in transactions.values { transaction.end() }
    }
}
