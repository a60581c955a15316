import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// Redis as it is installed, asked by our own load generator (https://redis.io/docs/latest/develop/reference/protocol-spec/).
final class Redis {
    private static let keyDigits = 12
    /// About what a point SELECT answers with.
    private static let valueSize = 64

    private let address: ListenAddress
    private let rows: Int
    private let process: PinnedProcess

    /// Starts it, with a value for each row.
    /// - Parameter isDurable: each write is on the disk before it is answered.
    init(_ bench: Workbench, isDurable: Bool) throws {
        let redis = try Installed.program("/usr/bin/redis-server")
        rows = bench.table.rows
        let port = try FreePort.find()
        address = .tcp(host: "127.0.0.1", port: port)
        let folder = try bench.makeFolder("redis")
        process = try PinnedProcess(
            redis,
            [
                "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly",
                isDurable ? "yes" : "no", "--appendfsync", "always",
            ])
        try Listening.wait(address, process, "Redis")
        if !isDurable { try fill() }
    }

    func stop() { process.stop() }

    func gets(_ shape: LoadShape, seconds: Double) throws -> Figures {
        var burst = Burst()
        let request = Self.command("GET", Self.key)
        burst.add(
            request,
            slots: [
                Slot(
                    offset: request.count - Self.keyDigits - 2,
                    form: .digits(Self.keyDigits, filler: UInt8(ascii: "0")), bound: UInt64(rows))
            ])
        return try ask(
            shape, burst, FixedAnswers(size: Self.valueSize + 7, start: Array("$\(Self.valueSize)\r\n".utf8)), seconds
        ) {
            answer, key in
            String(decoding: answer, as: UTF8.self).contains("\(key)x")
        }
    }

    func sets(_ shape: LoadShape, seconds: Double) throws -> Figures {
        let key = "u" + String(repeating: "0", count: 19)
        let request = Self.command("SET", key, String(repeating: "x", count: Self.valueSize))
        let behindKey = "\r\n$\(Self.valueSize)\r\n".utf8.count + Self.valueSize + 2
        var burst = Burst()
        burst.add(
            request,
            slots: [
                Slot(
                    offset: request.count - behindKey - 19, form: .digits(19, filler: UInt8(ascii: "0")),
                    bound: .max / 2)
            ])
        return try ask(shape, burst, FixedAnswers(size: 5, start: Array("+OK\r\n".utf8)), seconds)
    }

    private func ask(
        _ shape: LoadShape, _ burst: Burst, _ answers: FixedAnswers, _ seconds: Double,
        isRight: ((_ answer: [UInt8], _ key: UInt64) -> Bool)? = nil
    ) throws -> Figures {
        let repeated = burst.repeated(shape.depth)
        let traffic = Traffic(to: address, connections: shape.connections) { _ in
            Dialogue(steps: [repeated], answers: answers, isRight: isRight)
        }
        return try Load.run(traffic, seconds: seconds, cpuOf: process.usage)
    }

    /// The value of a key is the key, and a filler.
    private func fill() throws {
        var burst = Burst()
        for row in 1...rows {
            let key = "\(row)"
            let digits = String(repeating: "0", count: Self.keyDigits - key.count) + key
            let value = digits + String(repeating: "x", count: Self.valueSize - Self.keyDigits)
            burst.add(Self.command("SET", "key:" + digits, value))
        }
        let traffic = Traffic(to: address, connections: 1) { _ in
            Dialogue(steps: [burst], answers: FixedAnswers(size: 5, start: Array("+OK\r\n".utf8)))
        }
        _ = try Load.run(traffic, seconds: 0.001, cpuOf: nil)
    }

    private static let key = "key:" + String(repeating: "0", count: keyDigits)

    private static func command(_ words: String...) -> [UInt8] {
        Array(("*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()).utf8)
    }
}
