import Testing

/// Random clients on random servers, by seed.
struct StreamSimulationTests {
    @Test
    func `a stream keeps its rules whatever happens`() {
        let first = UInt64.random(in: 0...UInt64(UInt32.max))
        var met: [String: Int] = [:]
        // The same seeds each time, and new ones.
        for seed in Array(0..<1_500) + Array(first..<first + 1_500) {
            var simulation = StreamSimulation(seed: seed)
            do throws(StreamSimulation.Violation) {
                try simulation.run(steps: 60)
            } catch {
                Issue.record("\(error)")
                return
            }
            for event in simulation.met { met[event, default: 0] += 1 }
        }
        let expected = [
            "join", "skip", "skipped COMMIT", "cancel", "given up", "close", "idle expiry", "total expiry",
            "told by the interrupted",
            "TRANSACTION_EXPIRED", "TRANSACTION_ABORTED", "TRANSACTION_OPEN", "NO_TRANSACTION",
        ]
        for event in expected { #expect(met[event, default: 0] >= 20, "\(event) hardly happens") }
    }
}
