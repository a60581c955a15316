import DoSQLLoop
import DoSQLServer
import DoSQLTestSupport
import Logging
import Synchronization
import Testing

/// Whoever logs waits for nobody, and what was dropped is told.
struct LogWriterTests {
    /// Standard error as somebody reads it: not at all, until he is let.
    private final class Reader: Sendable {
        let written = Mutex<[UInt8]>([])
        let gate = WorkQueue<Void>()
        let isStuck = Atomic<Bool>(false)

        func write(_ bytes: [UInt8]) {
            isStuck.store(true, ordering: .releasing)
            // Closed, it lets everything through.
            _ = gate.take()
            written.withLock { $0 += bytes }
        }

        var text: String { String(decoding: written.withLock { $0 }, as: UTF8.self) }
    }

    private static func line(_ text: String) -> LogLine { LogLine(.text, at: 0, .info, text, [:]) }

    @Test func `lines come in their order`() throws {
        let reader = Reader()
        reader.gate.close()
        let writer = try LogWriter(.text) { reader.write($0) }
        for number in 0..<2000 { writer.add(Self.line("line \(number)")) }
        writer.close()
        let lines = reader.text.split(separator: "\n")
        #expect(lines.count == 2000 && writer.dropped == 0)
        for (number, line) in lines.enumerated() { #expect(line.hasSuffix(" line \(number)")) }
    }

    @Test func `while nobody reads, lines beyond the bound are dropped, counted, and told of`() throws {
        let reader = Reader()
        let size = Self.line("line 1000").bytes.count
        let writer = try LogWriter(.text, bytesMax: 10 * size) { reader.write($0) }
        writer.add(Self.line("line 1000"))
        #expect(Deadline.poll(for: .seconds(60)) { reader.isStuck.load(ordering: .acquiring) })
        // One is being written, nine may wait.
        for number in 1001...1100 { writer.add(Self.line("line \(number)")) }
        #expect(writer.dropped == 91)
        reader.gate.close()
        #expect(Deadline.poll(for: .seconds(60)) { reader.text.contains("lines=91") })
        writer.add(Self.line("line 2000"))
        writer.close()
        let lines = reader.text.split(separator: "\n")
        #expect(lines.count == 12)
        #expect(lines[9].hasSuffix("line 1009") && lines[11].hasSuffix("line 2000"))
        #expect(lines[10].contains("warning lines of the log were dropped"))
    }

    @Test func `closing waits for the last lines, but not for ever`() throws {
        let reader = Reader()
        let writer = try LogWriter(.text) { reader.write($0) }
        writer.add(Self.line("stuck"))
        writer.close()
        reader.gate.close()
        #expect(Deadline.poll(for: .seconds(60)) { reader.text.contains("stuck") })
    }

    @Test func `a reader that is gone ends nothing`() throws {
        struct Gone: Error {}
        let tries = Mutex(0)
        let writer = try LogWriter(.text) { _ in
            tries.withLock { $0 += 1 }
            throw Gone()
        }
        writer.add(Self.line("a"))
        #expect(Deadline.poll(for: .seconds(60)) { tries.withLock { $0 } == 1 })
        writer.add(Self.line("b"))
        writer.close()
        #expect(tries.withLock { $0 } == 2)
    }
}
