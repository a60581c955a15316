import DoSQLEngine
import DoSQLLoop
import Synchronization

/// A tenant as one shard sees it: the shard's reader, opened on first use and off the loop, and who waits for it.
final class ShardTenant {
    let tenant: Tenant
    private(set) var reader: LoopReader?
    private var isOpening = false
    /// Why it is of no use any more: its tenant has ended.
    private(set) var end: Failure?
    private var waiting: [(Result<LoopReader, Failure>) -> Void] = []
    /// Whether it is in the shard's list of tenants that were read in this turn.
    var isInTurn = false
    /// What it has had of the loop's turn.
    let turns = TurnAccount()
    /// What its requests have done lately. Counted by way of ``Shard/tally(_:)``.
    let tally: TenantTally
    private var knownLimits: TenantLimits
    private var limitsVersion: UInt32
    /// Requests that were taken out of the tenant's bucket and have not come yet.
    private var tokens = 0

    init(_ tenant: Tenant) {
        self.tenant = tenant
        tally = TenantTally(of: tenant.name)
        limitsVersion = tenant.limitsVersion.load(ordering: .acquiring)
        knownLimits = tenant.limits
    }

    /// What the tenant may use now.
    var limits: TenantLimits {
        learnLimits()
        return knownLimits
    }

    private func learnLimits() {
        let version = tenant.limitsVersion.load(ordering: .acquiring)
        guard version != limitsVersion else { return }
        limitsVersion = version
        knownLimits = tenant.limits
    }

    /// Whether the tenant's next request may come, as far as that can be told at a glance: if not, ``refusal(now:)`` tells.
    var hasRoom: Bool {
        tenant.limitsVersion.load(ordering: .acquiring) == limitsVersion && knownLimits.tenantRateMax == 0
            && tenant.requests.load(ordering: .relaxed) < knownLimits.tenantRequestsMax
            && tenant.requestBytes.load(ordering: .relaxed) < knownLimits.tenantRequestBytesMax
    }

    /// Why the tenant's next request is refused; nil if it may come.
    func refusal(now: UInt64) -> Failure? {
        learnLimits()
        if knownLimits.tenantRateMax > 0, let failure = takeToken(now) { return failure }
        if tenant.requests.load(ordering: .relaxed) >= knownLimits.tenantRequestsMax {
            return .overloaded(
                "too many requests of this tenant wait", limit: ("tenantRequestsMax", knownLimits.tenantRequestsMax),
                retryAfter: 100)
        }
        if tenant.requestBytes.load(ordering: .relaxed) >= knownLimits.tenantRequestBytesMax {
            return .overloaded(
                "too many bytes of this tenant's requests wait",
                limit: ("tenantRequestBytesMax", knownLimits.tenantRequestBytesMax), retryAfter: 100)
        }
        return nil
    }

    /// The bucket is all shards'; some are taken at a time, so that they seldom meet there.
    private func takeToken(_ now: UInt64) -> Failure? {
        if tokens == 0 {
            switch tenant.takeTokens(max(1, min(64, knownLimits.burst / 16)), now: now) {
            case .success(let taken): tokens = taken
            case .failure(let delay):
                return .overloaded(
                    "this tenant may ask \(knownLimits.tenantRateMax) times a second",
                    limit: ("tenantRateMax", knownLimits.tenantRateMax), retryAfter: delay.milliseconds)
            }
        }
        tokens -= 1
        return nil
    }

    /// Whether its reader is there, or awaited.
    var isInUse: Bool { reader != nil || isOpening || isInTurn }

    /// Calls back when the reader is open. Asks for it to be opened, once.
    func whenReaderIsOpen(on shard: Mailbox<ShardMessage>, _ body: @escaping (Result<LoopReader, Failure>) -> Void) {
        if let end { return body(.failure(end)) }
        waiting.append(body)
        guard !isOpening else { return }
        isOpening = true
        Self.open(tenant, for: shard)
    }

    /// The reader is open, or cannot be opened.
    func readerArrived(_ result: Result<LoopReader, Failure>) {
        isOpening = false
        if case .success(let opened) = result { reader = opened }
        let waited = waiting
        waiting = []
        for body in waited { body(result) }
    }

    /// The tenant has ended: who waits is told so, and who comes later too.
    func end(_ failure: Failure) {
        end = failure
        readerArrived(.failure(failure))
    }

    /// Lets go of the reader, so that the file can be closed.
    func release() -> LoopReader? {
        defer { reader = nil }
        return reader
    }

    /// Opens a reader on a reader thread, the file itself first if it is closed.
    private static func open(_ tenant: Tenant, for shard: Mailbox<ShardMessage>) {
        tenant.context.openers.post(for: tenant) { _ in
            switch tenant.openReader(length: LoopReader.lengthMax) {
            case .opened(let connection):
                let parcel = ConnectionParcel(connection)
                // A shard that has stopped takes nothing, and a reader left open would keep the file from being closed.
                if !shard.post(.reader(tenant, .success(parcel))), let refused = parcel.take() {
                    tenant.closeReader(refused)
                }
            case .failed(let failure):
                shard.post(.reader(tenant, .failure(failure)))
            case .closed:
                _ = tenant.submit(
                    .open { failure in
                        if let failure {
                            shard.post(.reader(tenant, .failure(failure)))
                        } else {
                            open(tenant, for: shard)
                        }
                    })
            }
        }
    }
}
