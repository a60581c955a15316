import ArgumentParser
import DoSQLEngine
import DoSQLLoop
import DoSQLServer
import FoundationEssentials

/// `dosql top`: how a running server does, second by second (`protocol/administration.md`, server).
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch a running server: throughput, latency, tenants, statements, queues.",
        discussion: """
            Keys: q quits, space pauses, r e p b w s n sort tenants by requests, errors, p99, busy, queue, size and name. If the output is no terminal, \\
            frames are plain text, one after the other. It takes a token with the right admin on every tenant.
            Examples:
              dosql top dosql://127.0.0.1
              dosql top --once --sort size https://db.example.com --token-file operator.key
            """)

    /// Columns of plain text, where nobody tells how many there are.
    private static let plainColumns = 200
    /// How many milliseconds pass before a change of the terminal's size is seen.
    private static let lookTime: Int32 = 200

    @OptionGroup var server: AdministrationOptions

    @Option(help: ArgumentHelp("Seconds between two frames, at least 0.1.", valueName: "seconds"))
    var interval = 1.0

    @Option(help: "What tenants are sorted by: requests, errors, p99, busy, queue, size or name.")
    var sort = TopOrder.requests

    @Option(help: "Statements that are shown at most, 0 to 256.")
    var statements = 20

    @Flag(name: [.long, .customLong("batch")], help: "Print one frame of one interval as plain text, and end.")
    var once = false

    func validate() throws {
        guard interval >= 0.1, interval <= 3600 else {
            throw ValidationError("--interval is 0.1 to 3600 seconds, not \(interval)")
        }
        guard (0...256).contains(statements) else {
            throw ValidationError("--statements is 0 to 256, not \(statements)")
        }
    }

    func run() async throws {
        let source = TopSource(client: try server.client(), statements: statements)
        if server.json { return try Output.write(try await source.bytes() + [0x0A]) }
        // Before the terminal changes: what is wrong with the address or the token is told as by any other command.
        let first = try await source.report()
        var state = TopState(address: try AdministrationAddress(server.url).host, period: interval, order: sort)
        _ = state.received(.reported(first))
        if once {
            try await pause()
            _ = state.received(.reported(try await source.report()))
            return try print(state)
        }
        guard let terminal = Terminal() else { return try await printFrames(state, source) }
        try await show(&state, on: terminal, source)
    }

    private func pause() async throws { try await Task.sleep(for: .milliseconds(Int(interval * 1000))) }

    // MARK: Plain text

    private func print(_ state: TopState) throws {
        let lines = TopFrame.lines(of: state, in: .init(columns: Self.plainColumns, rows: nil))
        try Output.write(Array((lines.map(\.text).joined(separator: "\n") + "\n").utf8))
    }

    private func printFrames(_ first: TopState, _ source: TopSource) async throws {
        var state = first
        while true {
            try await pause()
            _ = state.received(try await source.event())
            try print(state)
            try Output.write([0x0A])
        }
    }

    // MARK: A terminal

    private enum Input: Sendable {
        case reported(ServerReport), failed(String)
        case keys([UInt8])
        case resized
        case ended(Signal)
        case gone
    }

    /// Draws until somebody ends it; whatever that is, the terminal is as it was before.
    private func show(_ state: inout TopState, on terminal: Terminal, _ source: TopSource) async throws {
        let screen = TopScreen(on: terminal)
        defer { screen.close() }
        let (inputs, sender) = AsyncStream.makeStream(of: Input.self)
        let signals = try TopSignals { sender.yield(.ended($0)) }
        defer { signals.stop() }
        let isOver = CancellationFlag()
        let keyboard = try Self.readKeys(of: terminal, until: isOver, into: sender)
        defer {
            isOver.cancel()
            keyboard.join()
        }
        let seconds = interval
        let sampler = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(Int(seconds * 1000)))
                switch try await source.event() {
                case .reported(let report): sender.yield(.reported(report))
                case .failed(let sentence): sender.yield(.failed(sentence))
                case .keys, .resized: break
                }
            }
        }
        defer { sampler.cancel() }
        try Self.draw(state, on: screen, terminal)
        for await input in inputs {
            let action: TopState.Action
            switch input {
            case .reported(let report): action = state.received(.reported(report))
            case .failed(let sentence): action = state.received(.failed(sentence))
            case .keys(let bytes): action = state.received(.keys(bytes))
            case .resized: action = state.received(.resized)
            case .ended(let signal): throw ExitCode(128 + signal.rawValue)
            case .gone: throw ExitCode(1)
            }
            switch action {
            case .draw: try Self.draw(state, on: screen, terminal)
            case .quit: return
            case .nothing: break
            }
        }
    }

    private static func draw(_ state: TopState, on screen: TopScreen, _ terminal: Terminal) throws {
        let size = terminal.size
        try screen.show(TopFrame.lines(of: state, in: .init(columns: size.columns, rows: size.rows)))
    }

    /// Tells of keys and of the terminal's size, on a thread of its own.
    private static func readKeys(
        of terminal: Terminal, until isOver: CancellationFlag, into sender: AsyncStream<Input>.Continuation
    ) throws -> WorkerThread {
        try WorkerThread(name: "dosql-keys") {
            var size = terminal.size
            while !isOver.isCancelled {
                guard let keys = terminal.keys(within: lookTime) else {
                    sender.yield(.gone)
                    return
                }
                if !keys.isEmpty { sender.yield(.keys(keys)) }
                let now = terminal.size
                if now != size {
                    size = now
                    sender.yield(.resized)
                }
            }
        }
    }
}
