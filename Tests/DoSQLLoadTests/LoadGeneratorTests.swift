import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol
import DoSQLTestSupport
import Testing

struct LoadGeneratorTests {
    /// Point reads of three rows, so many in flight.
    private func reads(depth: Int, isRight: ((_ answer: [UInt8], _ key: UInt64) -> Bool)? = nil) -> Dialogue {
        var burst = Burst()
        burst.addFrame(random: [.integer(upTo: 3)]) { writer, values in
            Execute.encode(
                into: &writer, kind: .queryOne, stream: 1, request: 1, statement: .prepared(1),
                parameters: .positional(values))
        }
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(into: &opening, request: 1, client: "test")
        Open.encode(into: &opening, stream: 1, request: 2, tenant: "acme")
        Prepare.encode(into: &opening, request: 3, id: 1, sql: "SELECT id, name FROM people WHERE id = ?")
        return Dialogue(
            opening: opening.take(), openingAnswers: 3, steps: [burst.repeated(depth)], answers: FrameAnswers(),
            isRight: isRight)
    }

    private func server() throws -> (TestServer, ListenAddress) {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT)")
        try client.run("INSERT INTO people VALUES (1, 'name 1'), (2, 'name 2'), (3, 'name 3')")
        return (server, try ListenAddress(parsing: try server.address))
    }

    @Test func `everything that is asked is answered, and samples have the row of their key`() throws {
        let (server, address) = try server()
        for pace in [Traffic.Pace.closed, .rate(500)] {
            var samples = 0
            let generator = try LoadGenerator()
            generator.add(
                Traffic(to: address, connections: 3, pace: pace) { _ in
                    reads(depth: pace.isClosed ? 5 : 1) { answer, key in
                        samples += 1
                        let rows = try? ResultMessage(answer.span).rows.copy()
                        return rows == [[.integer(Int64(key)), .text("name \(key)")]]
                    }
                })
            let figures = try generator.run(warmUp: 0.01, seconds: 0.2)
            let kind = figures.kinds[0]
            #expect(kind.sent > 0 && kind.sent == kind.received && kind.count <= kind.received)
            #expect(samples > 0)
            #expect(kind.latency.p50 <= kind.latency.p99 && kind.latency.p99 <= kind.latency.max)
        }
        server.stop()
    }

    @Test func `a wrong answer ends the load`() throws {
        let (server, address) = try server()
        let generator = try LoadGenerator()
        generator.add(Traffic(to: address, connections: 1) { _ in reads(depth: 2) { _, _ in false } })
        let error = #expect(throws: LoadError.self) { try generator.run(seconds: 60) }
        #expect(error?.description.contains("wrong answer") == true)
        server.stop()
    }

    @Test func `several kinds of traffic are counted by themselves`() throws {
        let (server, address) = try server()
        let generator = try LoadGenerator()
        generator.add(Traffic(to: address, connections: 2) { _ in reads(depth: 4) })
        generator.add(Traffic(to: address, connections: 1, pace: .rate(200)) { _ in reads(depth: 1) })
        let figures = try generator.run(warmUp: 0.01, seconds: 0.2)
        #expect(figures.kinds.count == 2)
        for kind in figures.kinds { #expect(kind.sent > 0 && kind.sent == kind.received && kind.bytesPerAnswer > 12) }
        server.stop()
    }

    @Test func `a server that nobody has started is an error`() throws {
        let generator = try LoadGenerator()
        generator.add(Traffic(to: .unix(path: "/nowhere/socket"), connections: 2) { _ in reads(depth: 1) })
        #expect(throws: (any Error).self) { try generator.run(seconds: 60) }
    }

    /// The first of `held` requests waits until the last of them was to be sent, and so long it took, whatever the
    /// machine does: a load that waited for answers would never send the second.
    @Test func `what a stall holds up is in the figures of a paced load`() throws {
        let (held, rate) = (50, 500.0)
        let echo = try StallingEcho(holding: held * 8)
        let generator = try LoadGenerator()
        generator.add(
            Traffic(to: echo.address, connections: 1, pace: .rate(rate)) { _ in
                var burst = Burst()
                burst.add(Array("request.".utf8))
                return Dialogue(steps: [burst], answers: FixedAnswers(size: 8, start: Array("request.".utf8)))
            })
        let figures = try generator.run(warmUp: 0.001, seconds: 0.2)
        let stalled = Double(held - 1) / rate
        #expect(Double(figures.kinds[0].latency.max) / 1e9 >= stalled * 0.95)
        #expect(figures.kinds[0].count >= held / 2)
        #expect(figures.kinds[0].sent == figures.kinds[0].received)
        echo.stop()
    }
}

extension Traffic.Pace {
    fileprivate var isClosed: Bool {
        if case .closed = self { true } else { false }
    }
}
