import DoSQLClient

/// The tenants' databases. Each is brought to the app's migrations before anything else is asked of it, once a process.
actor TenantDatabases {
    private let client: DoSQLClient
    private let migrations: [Migration]
    /// A tenant's migrations, under way or done. Requests that come meanwhile wait for the same ones.
    private var openings: [TenantName: Task<Void, any Error>] = [:]

    init(client: DoSQLClient, migrations: [Migration]) {
        self.client = client
        self.migrations = migrations
    }

    /// A tenant's database, ready for use.
    ///
    /// - Throws: `DoSQLError`; the next request tries again.
    func open(_ name: TenantName) async throws -> Tenant {
        let tenant = client.tenant(name.text)
        if let opening = openings[name] {
            try await opening.value
            return tenant
        }
        // A task of its own: the request that came first may be given up, and the others still wait.
        let opening = Task { [migrations] in _ = try await tenant.migrate(migrations) }
        openings[name] = opening
        do {
            try await opening.value
        } catch {
            openings[name] = nil
            throw error
        }
        return tenant
    }
}
