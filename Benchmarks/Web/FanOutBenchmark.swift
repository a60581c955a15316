import ArgumentParser
import BenchmarkSupport
import DoSQLLoop
import Glibc

/// Many subscribers of one channel: what an idle one costs, how long a message takes to all of them, and how long others
/// wait meanwhile.
struct FanOutBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fan-out",
        abstract: "Idle WebSocket subscribers of one channel, and one who publishes to them.")

    @Option(help: "The dosql executable whose server is measured.")
    var server: String

    @Option(help: "How many subscribe.")
    var subscribers = 10_000

    @Flag(help: "Subscribers offer permessage-deflate.")
    var deflate = false

    @Option(help: "Bytes of the text that is published. The server compresses messages from 256 bytes on.")
    var text = 20

    @Option(help: "Milliseconds between two messages, if the first one has reached all by then.")
    var period = 200

    @Option(help: "Seconds of each part.")
    var seconds = 5.0

    @Option(help: "Rows of the users table that the other client reads.")
    var rows = 100_000

    @Option(help: "Bytes that an idle connection may cost; the command fails if it is more.")
    var bytesMax = 16_384

    @Option(help: "Seconds after which it is given up.")
    var timeLimit = 60.0

    func validate() throws {
        guard subscribers > 0, text >= 0, text < 32_768, period > 0, seconds > 0, rows > 0, timeLimit > 0 else {
            throw ValidationError("Figures are above 0, and a text has less than 32,768 bytes.")
        }
    }

    func run() throws {
        try TemporaryFolder.use { try measure(in: $0) }
    }

    private func measure(in folder: String) throws {
        let deadline = MonotonicClock.nanoseconds() + UInt64(timeLimit * 1e9)
        guard DescriptorLimit.raise() > UInt64(subscribers) + 64 else {
            throw BenchmarkError("\(subscribers) connections need as many descriptors: see ulimit -n")
        }
        let process = try ServerProcess(
            executable: server, folder: folder + "/data", flags: ["--max-connections", "\(subscribers + 64)"])
        defer { process.stop() }
        try UsersTable(rows: rows).load(into: process.address, tenant: OtherClient.tenant)
        let other = try OtherClient(of: process.address, rows: rows, cpuOf: process.usage)
        defer { other.stop() }
        // The subscribers read on this thread, and give way to the other client's.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        let audience = try Audience(
            of: subscribers, at: process.address, tenant: "bench", deflates: deflate,
            payload: #"{"text":"\#(String(repeating: "x", count: text))"}"#, deadline: deadline)
        defer { audience.dismiss() }

        Report.progress("the other client alone")
        other.begin(seconds: seconds)
        let alone = try other.figures()

        try audience.openPublisher()
        let before = try process.usage.residentBytes()
        Report.progress("connecting \(subscribers) subscribers")
        let began = MonotonicClock.nanoseconds()
        try audience.gather()
        let connected = Double(MonotonicClock.nanoseconds() - began) / 1e9
        // What connecting took is given back by then.
        sleep(1)
        let after = try process.usage.residentBytes()
        let idle = (after - before) / subscribers
        print(
            "\(subscribers) subscribers, \(deflate ? "permessage-deflate" : "plain"),",
            "connected in \(FigureText.number(connected)) s")
        print(
            "server memory: \(Self.mebibytes(before)) before, \(Self.mebibytes(after)) with them:",
            "\(idle) bytes an idle connection")

        Report.progress("the other client beside them, idle")
        other.begin(seconds: seconds)
        let besideIdle = try other.figures()
        Report.progress("publishing")
        let cpuBefore = process.usage.cpuSeconds()
        let quiet = try audience.publish(every: .milliseconds(period), seconds: seconds)
        let cpu = process.usage.cpuSeconds() - cpuBefore
        Report.progress("publishing beside the other client")
        other.begin(seconds: seconds)
        let busy = try audience.publish(every: .milliseconds(period), seconds: seconds)
        let meanwhile = try other.figures()

        print(
            "server CPU while publishing: \(FigureText.number(cpu * 1e6 / Double(quiet.count * subscribers)))",
            "µs a delivery (with what idle ones cost)")
        PublicationTable.print("publishing", quiet)
        PublicationTable.print("publishing, another client reads", busy)
        var table = FigureTable()
        let name = "another tenant's client, 1 x 1"
        table.add("\(name), alone", alone)
        table.add("\(name), beside \(subscribers) idle", besideIdle)
        table.add("\(name), while published", meanwhile)
        table.print(relativeTo: "\(name), alone")
        guard idle <= bytesMax else {
            throw BenchmarkError("an idle connection costs \(idle) bytes, which is more than \(bytesMax)")
        }
    }

    private static func mebibytes(_ bytes: Int) -> String {
        "\(FigureText.number(Double(bytes) / 1_048_576)) MiB"
    }
}
