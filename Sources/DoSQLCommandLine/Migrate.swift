import ArgumentParser
import DoSQLClient

/// `dosql migrate`: tenants and the migrations of a folder.
struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or apply migrations, for one tenant or all.",
        discussion: """
            Through a running server by its URL, or in a data folder with --data while no server runs. A migration is a file NNN_name.sql; each \
            is carried out once per tenant, in a transaction of its own.

            Examples:
              dosql migrate status dosql://127.0.0.1/acme --migrations ./migrations
              dosql migrate run dosql://127.0.0.1 --all --migrations ./migrations
              dosql migrate run --data ./dosql-data --all --migrations ./migrations
            """,
        subcommands: [Status.self, Run.self])

    /// `dosql migrate status`
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show which migrations are applied. Changes nothing.")

        @OptionGroup var target: MigrationTarget

        @Option(help: "How to print: table, json or csv.")
        var format = OutputFormat.table

        func run() async throws {
            let migrations = try target.readMigrations()
            let table = MigrationTable(format: format)
            let failed = try await target.withTenants(creation: .never) { tenants in
                var failed = 0
                for tenant in tenants {
                    do {
                        table.add(try await tenant.migrationStatus(of: migrations), of: tenant.name)
                    } catch let error as DoSQLError {
                        failed += 1
                        Output.errorLine("\(tenant.name): \(ErrorText(error))")
                    }
                }
                return failed
            }
            try table.write()
            if failed > 0 { throw ExitCode(1) }
        }
    }

    /// `dosql migrate run`
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Apply what is pending.",
            discussion: """
                Each migration is told when it is durable. Where one fails its tenant stays at the one before it, the others go on, and the exit \
                status is 1.
                """)

        @OptionGroup var target: MigrationTarget

        @Option(help: "Tenants that are migrated at a time.")
        var parallel = 4

        func validate() throws {
            guard (1...256).contains(parallel) else { throw ValidationError("--parallel is 1 to 256, not \(parallel)") }
        }

        func run() async throws {
            let migrations = try target.readMigrations()
            let failed = try await target.withTenants(creation: .asConfigured) { tenants in
                await MigrationRun(migrations: migrations, tenants: tenants).carryOut(parallel: parallel)
            }
            if failed > 0 { throw ExitCode(1) }
        }
    }
}
