import ArgumentParser
import DoSQLClient

/// Whose migrations are meant, and where they are.
struct MigrationTarget: ParsableArguments {
    @Argument(
        help: "The server, and the tenant unless --tenant or --all is given: dosql://[TOKEN@]HOST[:PORT][/TENANT].")
    var url: String?

    @Option(help: "The data folder, while no server has it open; instead of a URL.")
    var data: String?

    @Option(help: "The folder of NNN_name.sql files.")
    var migrations: String

    @Option(help: "The tenant.")
    var tenant: String?

    @Flag(help: "All tenants there are.")
    var all = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if (url == nil) == (data == nil) {
            throw ValidationError("give either the URL of a server or --data with its folder")
        }
        if all, tenant != nil { throw ValidationError("give either --tenant or --all") }
        if data != nil, !all, tenant == nil { throw ValidationError("give --tenant or --all with --data") }
    }

    /// What is in the folder.
    func readMigrations() throws -> [Migration] {
        try MigrationFiles(folder: migrations).files.map { Migration(id: $0.id, sql: $0.sql) }
    }

    /// Connects, and starts a server of its own for `--data`.
    func withTenants<Result>(
        creation: Tenant.Creation, _ body: ([Tenant]) async throws -> Result
    ) async throws -> Result {
        if let data {
            let server = try OfflineServer(data: data, createsTenants: creation == .asConfigured && tenant != nil)
            defer { server.stop() }
            let configuration = DoSQLClient.Configuration(endpoint: .unixSocket(path: server.socket)).forCommandLine
            return try await withTenants(configuration, creation: creation, body)
        }
        return try await withTenants(try connection.configuration(url ?? ""), creation: creation, body)
    }

    private func withTenants<Result>(
        _ configuration: DoSQLClient.Configuration, creation: Tenant.Creation, _ body: ([Tenant]) async throws -> Result
    ) async throws -> Result {
        let named = try all ? nil : tenant ?? configuration.namedTenant
        return try await withDoSQLClient(configuration) { client in
            let names = if let named { [named] } else { try await Self.tenants(of: client) }
            return try await body(names.map { client.tenant($0, creation: creation) })
        }
    }

    private static func tenants(of client: DoSQLClient) async throws -> [String] {
        var names: [String] = []
        while true {
            let page = try await client.tenants(after: names.last ?? "")
            names += page.names
            guard page.hasMore, !page.names.isEmpty else { return names }
        }
    }
}
