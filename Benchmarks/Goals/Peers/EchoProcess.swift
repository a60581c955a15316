import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// A server that sends back what it receives: what the network and libuv cost alone.
final class EchoProcess {
    /// Bytes of a request.
    private static let size = 64

    private let process: BoundProcess

    init(_ bench: Workbench) throws {
        process = try BoundProcess(executable: bench.bound, folder: bench.folder, flags: ["--echo"])
    }

    func stop() { process.stop() }

    func ask(_ shape: LoadShape, seconds: Double) throws -> Figures {
        var burst = Burst()
        burst.add(Array(repeating: UInt8(ascii: "x"), count: Self.size))
        let repeated = burst.repeated(shape.depth)
        let traffic = Traffic(to: process.address, connections: shape.connections) { _ in
            Dialogue(steps: [repeated], answers: FixedAnswers(size: Self.size, start: [UInt8(ascii: "x")]))
        }
        return try Load.run(traffic, seconds: seconds, cpuOf: process.usage)
    }
}
