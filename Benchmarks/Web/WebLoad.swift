import ArgumentParser

/// What HTTP and WebSocket cost the server.
@main
struct WebLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "web-load", abstract: "What HTTP and WebSocket cost the server.",
        discussion:
            "Figures of one run compare with one another only: machines are shared and noisy, so look at the ratios.",
        subcommands: [HTTPBenchmark.self, FanOutBenchmark.self])
}
