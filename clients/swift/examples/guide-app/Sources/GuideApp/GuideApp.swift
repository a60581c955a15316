import DoSQLClient
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle

/// The guide's app: one process that serves all tenants.
@main
enum GuideApp {
    static func main() async throws {
        let configuration = try AppConfiguration()
        let logger = Logger(label: "guide-app")

        let client = DoSQLClient(configuration.database)
        let databases = TenantDatabases(client: client, migrations: Migration.guide)
        let requestLog = RequestLog(databases: databases, logger: logger)
        let hub = Hub(databases: databases, baseDomain: configuration.baseDomain)

        let app = Application(
            router: router(configuration, databases: databases, requestLog: requestLog, hub: hub),
            server: HTTPServerBuilder { responder in
                WebSocketUpgradeChannel(responder: responder, admit: hub.admit, serve: hub.serve)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: nil),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.port
                // Whoever started the app reads this line, so it must not wait in a buffer.
                FileHandle.standardOutput.write(Data("listening on http://\(configuration.host):\(port)\n".utf8))
            },
            logger: logger)

        // They end in the reverse order: first requests are answered, then logged, then the connections are closed.
        var services = ServiceGroupConfiguration(
            services: [client, requestLog, app], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = Duration.seconds(10)
        try await ServiceGroup(configuration: services).run()
    }
}
