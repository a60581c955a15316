import Logging

@testable import DoSQLClient

/// A client of a fake server, with pauses so short that a test does not notice them.
@discardableResult
func withFakeServer<Result>(
    _ server: FakeServer, configure: (inout DoSQLClient.Configuration) -> Void = { _ in },
    _ body: (DoSQLClient) async throws -> Result
) async throws -> Result {
    try await server.serve { port in
        var configuration = DoSQLClient.Configuration(endpoint: .host("127.0.0.1", port: port))
        configuration.retry.backoffMin = .microseconds(100)
        configuration.retry.backoffMax = .milliseconds(1)
        // What the machine stops for seconds is not gone.
        configuration.connectTimeout = .seconds(30)
        configuration.connectionWaitMax = .seconds(30)
        configure(&configuration)
        return try await withDoSQLClient(configuration, body)
    }
}

/// The error that the work throws, if it is ours.
func dosqlError(_ work: () async throws -> Void) async -> DoSQLError? {
    do {
        try await work()
        return nil
    } catch {
        return error as? DoSQLError
    }
}
