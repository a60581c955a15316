import DoSQLEngine
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// What this tenant may use: the operator's limits, or its own where it has some.
extension Tenant {
    /// What holds now.
    var limits: TenantLimits { standing.withLock { $0.limits } }

    /// Those that are its own. Known from when its file was opened; before that, ``DataFolder/limits(of:)`` reads them.
    var ownLimits: TenantLimitOverrides { standing.withLock { $0.own } }

    /// Makes other limits hold, for now and after a restart. Writes a file: not for an event loop.
    func setOwnLimits(_ own: TenantLimitOverrides) throws(Failure) {
        try settling.withLock { _ throws(Failure) in
            try context.folder.store(own, of: name)
            apply(own)
        }
    }

    /// Reads the limits that lie beside the file, which is being opened.
    func readOwnLimits() throws(Failure) {
        try settling.withLock { _ throws(Failure) in apply(try context.folder.limits(of: name)) }
    }

    private func apply(_ own: TenantLimitOverrides) {
        let changed = standing.withLock { standing -> Bool in
            let limits = own.applied(to: context.tenantLimits)
            let changed = limits != standing.limits
            standing = Standing(limits: limits, own: own)
            return changed
        }
        if changed { limitsVersion.add(1, ordering: .releasing) }
    }

    /// Takes requests out of the tenant's bucket, up to `count` of them.
    /// - Returns: how many there were, or when there will be one, in milliseconds.
    func takeTokens(_ count: Int, now: UInt64) -> Result<Int, TokenDelay> {
        standing.withLock { standing in
            if standing.bucket == nil || standing.bucket?.rate != standing.limits.tenantRateMax
                || standing.bucket?.burst != standing.limits.burst
            {
                standing.bucket = TokenBucket(
                    rate: standing.limits.tenantRateMax, burst: standing.limits.burst, now: now)
            }
            let taken = standing.bucket?.take(count, now: now) ?? count
            if taken > 0 { return .success(taken) }
            let wait = standing.bucket?.wait(now: now) ?? 0
            return .failure(TokenDelay(milliseconds: Int(clamping: wait / 1_000_000 + 1)))
        }
    }

    /// When there will be a token again.
    struct TokenDelay: Error {
        let milliseconds: Int
    }

    /// The bound that keeps the file from growing: the disk's if it has come to that, else the tenant's own.
    var growthBound: (name: String, value: Int) {
        context.disk.met ?? ("databaseBytesMax", limits.databaseBytesMax)
    }

    /// What holds, and what has been used of it.
    struct Standing {
        var limits: TenantLimits
        var own = TenantLimitOverrides()
        var bucket: TokenBucket?
    }
}
