import DoSQLClient

/// Brings tenants to a list of migrations, several tenants at a time, and tells of each migration when it is durable.
struct MigrationRun {
    let migrations: [Migration]
    let tenants: [Tenant]

    /// What became of a tenant.
    private struct Result: Sendable {
        var applied = 0
        var hasFailed = false
    }

    /// - Returns: how many tenants failed.
    func carryOut(parallel: Int) async -> Int {
        var applied = 0
        var failed = 0
        await withTaskGroup(of: Result.self) { group in
            var waiting = tenants[...]
            for tenant in waiting.prefix(parallel) { group.addTask { await self.migrate(tenant) } }
            waiting = waiting.dropFirst(parallel)
            while let result = await group.next() {
                applied += result.applied
                failed += result.hasFailed ? 1 : 0
                if let tenant = waiting.popFirst() { group.addTask { await self.migrate(tenant) } }
            }
        }
        let word = tenants.count == 1 ? "tenant" : "tenants"
        Output.line("\(tenants.count) \(word), \(applied) migrations applied, \(failed) failed")
        return failed
    }

    /// One request for each pending migration: so each is told as soon as it is durable, however long the next one
    /// takes.
    private func migrate(_ tenant: Tenant) async -> Result {
        var result = Result()
        do {
            let pending = try await pending(of: tenant)
            for migration in pending {
                let report = try await tenant.migrate([migration])
                guard let entry = report.applied.first(where: { $0.id == migration.id }) else { continue }
                result.applied += 1
                let time = "\(entry.duration.wholeMilliseconds) ms"
                Output.line("\(tenant.name): \(entry.id) applied in \(time) (\(result.applied)/\(pending.count))")
            }
            if pending.isEmpty { Output.line("\(tenant.name): up to date") }
            return result
        } catch let error as DoSQLError {
            Output.errorLine("\(tenant.name): \(ErrorText(error))")
        } catch {
            Output.errorLine("\(tenant.name): \(error)")
        }
        result.hasFailed = true
        return result
    }

    /// What is to be applied, in order; throws where the list as a whole may not be.
    private func pending(of tenant: Tenant) async throws -> [Migration] {
        let report = try await tenant.migrationStatus(of: migrations)
        let byID = Dictionary(migrations.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return report.pending.compactMap { byID[$0.id] }
    }
}
