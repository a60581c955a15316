import DoSQLServer
import NIOHTTP1

/// Where `dosql top` has its reports from.
struct TopSource {
    let client: AdministrationClient
    /// Texts of statements that are asked for.
    let statements: Int

    private var query: [(String, String)] { [("statements", "\(statements)")] }

    /// The server's report, as it sends it.
    func bytes() async throws -> [UInt8] { try await client.ask(.GET, ["server"], query: query) }

    func report() async throws -> ServerReport {
        try await client.get(ServerReport.self, .GET, ["server"], query: query).value
    }

    /// The same as what happened: a server that does not answer now may do so later.
    func event() async throws -> TopState.Event {
        do {
            return .reported(try await report())
        } catch let error as CommandError {
            return .failed(error.description)
        } catch let error as CancellationError {
            throw error
        } catch {
            return .failed("\(error)")
        }
    }
}
