import DoSQLServer
import DoSQLTestSupport

extension TestServer {
    /// A server whose tenants have the guide's tables, and whose transactions have minutes, since the machine may be
    /// slow.
    static func guide(loops: Int = 2, _ settings: (inout Configuration) -> Void = { _ in }) throws -> TestServer {
        try TestServer(loops: loops) {
            $0.migrationsFolder = guideMigrations
            $0.session.transactionIdleMax = 300_000_000_000
            $0.session.transactionTotalMax = 300_000_000_000
            $0.session.transactionWaitMax = 300_000_000_000
            settings(&$0)
        }
    }

    /// The folder with the guide's four migrations and a fifth for what it leaves out.
    static let guideMigrations =
        String(#filePath.dropLast("WebTests/TestServer+Guide.swift".count)) + "ConformanceTests/Fixtures/migrations"
}
