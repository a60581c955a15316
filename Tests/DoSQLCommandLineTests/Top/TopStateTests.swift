import DoSQLServer
import Foundation
import Testing

@testable import DoSQLCommandLine

/// `dosql top` without a server and a terminal: reports and keys in, lines out.
struct TopStateTests {
    private func state(_ reports: ServerReport...) -> TopState {
        var state = TopState(address: "h:3775", period: 1, order: .requests)
        for report in reports { _ = state.received(.reported(report)) }
        return state
    }

    private func frame(_ state: TopState, columns: Int = 140, rows: Int? = nil) -> [String] {
        TopFrame.lines(of: state, in: .init(columns: columns, rows: rows)).map(\.text)
    }

    private func tenants(_ count: Int, _ times: Int = 1) -> [Reports.Tenant] {
        (0..<count).map { .init(name: "t\($0)", requests: $0 * times, waiting: count - $0, bytes: $0 % 7) }
    }

    // MARK: Rates

    @Test func `what is shown is what went on between two reports`() throws {
        let first = try Reports.make {
            $0.requests = 1000
            $0.latency = [1000, 0, 0, 0]
            $0.errorCodes = ["SQL_ERROR": 10]
        }
        let second = try Reports.make {
            $0.uptimeMs = 12_000
            $0.requests = 1600
            $0.errors = 20
            $0.latency = [1000, 590, 10, 0]
            $0.rows = 3000
            $0.groups = 10
            $0.groupedWrites = 34
            $0.errorCodes = ["SQL_ERROR": 28, "OVERLOADED": 2]
            $0.limitsMet = ["tenantRateMax": 2]
        }
        let lines = frame(state(first, second)).joined(separator: "\n")
        for part in [
            "DoSQL 1.2.3 at h:3775  up 12 s  10:45:12 UTC", "requests 300/s  errors 10.0/s", "rows 1.50k/s",
            "p50 5.58 ms", "p99 46.0 ms", "of 3.40 writes", "errors: SQL_ERROR 9.00/s, OVERLOADED 1.00/s",
            "limits met: tenantRateMax 1.00/s", "5.00 MiB of 1.00 GiB", "write 2/8+1", "cpu 50%", "TOO LITTLE",
        ] { #expect(lines.contains(part), "\(part) in\n\(lines)") }
    }

    @Test func `without an earlier report, or after a restart, rates are those since the server began`() throws {
        let first = try Reports.make { $0.requests = 500 }
        #expect(state(first).interval?.requests == 50)
        let restarted = try Reports.make {
            $0.uptimeMs = 2000
            $0.requests = 10
        }
        #expect(state(first, restarted).interval?.requests == 5)
        // The same report again is no interval.
        #expect(state(first, restarted, restarted).interval?.requests == 5)
    }

    @Test func `a tenant that has come, or whose counts began anew, has no negative rates`() throws {
        let first = try Reports.make { $0.tenants = [.init(name: "a", requests: 100, latency: [100, 0, 0, 0])] }
        let second = try Reports.make {
            $0.uptimeMs = 11_000
            $0.tenants = [
                .init(name: "a", requests: 7, latency: [7, 0, 0, 0]), .init(name: "b", requests: 3),
            ]
        }
        let interval = try #require(state(first, second).interval)
        #expect(interval.tenants.map(\.requests) == [7, 3])
        #expect(interval.tenants[0].latency.total == 7)
    }

    @Test func `percentiles lie in their buckets`() throws {
        let bounds: [UInt64] = [10, 100]
        func distribution(_ counts: [UInt64]) -> LatencyDistribution {
            LatencyDistribution(bounds: bounds, from: [0, 0, 0], to: counts)
        }
        #expect(distribution([0, 0, 0]).percentile(0.5) == nil)
        #expect(distribution([10, 0, 0]).percentile(0.5) == 5)
        #expect(distribution([10, 0, 0]).percentile(1) == 10)
        let p99 = try #require(distribution([50, 50, 0]).percentile(0.99))
        #expect(abs(p99 - 98.2) < 0.001)
        #expect(distribution([1, 0, 1]).percentile(0.99) == .infinity)
        #expect(LatencyDistribution(bounds: bounds, from: [3, 0, 0], to: [1, 1, 0]).counts == [1, 1, 0])
        #expect(LatencyDistribution(bounds: bounds, from: [3, 0, 0], to: [4, 1, 0]).counts == [1, 1, 0])
    }

    @Test(
        arguments: [
            (0, "0"), (0.254, "0.25"), (7.5, "7.50"), (12.34, "12.3"), (999.4, "999"), (1000, "1.00k"),
            (999_999, "1.00M"), (12_345, "12.3k"), (4_500_000, "4.50M"), (2e9, "2.00G"), (.infinity, "-"),
        ] as [(Double, String)])
    func `counts are short`(value: Double, text: String) { #expect(TopFigure.count(value) == text) }

    @Test func `bytes, times and ages are short`() {
        #expect(
            [0, 512, 1536, 5 << 20, 12 << 30].map { TopFigure.bytes(Double($0)) }
                == ["0 B", "512 B", "1.50 KiB", "5.00 MiB", "12.0 GiB"])
        #expect(
            [nil, 900, 4_200, 1_250_000, 30e9].map { TopFigure.time($0) }
                == ["-", "900 ns", "4.20 µs", "1.25 ms", "30.0 s"])
        #expect(TopFigure.time(.infinity, beyond: 30_000_000_000) == ">30 s")
        #expect(
            [12_000, 200_000, 18_600_000, 273_600_000].map { TopFigure.age(milliseconds: $0) }
                == ["12 s", "3 min 20 s", "5 h 10 min", "3 d 4 h"])
    }

    // MARK: Keys

    @Test func `keys sort, pause and quit; arrows do nothing`() throws {
        let first = try Reports.make { $0.tenants = tenants(3) }
        var state = state(first)
        for order in TopOrder.allCases {
            #expect(state.received(.keys([order.key.asciiValue ?? 0])) == .draw && state.order == order)
        }
        #expect(Set(TopOrder.allCases.map(\.key)).count == TopOrder.allCases.count)
        #expect(state.received(.keys([0x1B, UInt8(ascii: "["), UInt8(ascii: "A")])) == .nothing)
        // Also where the parts of an arrow come one after the other.
        #expect(state.received(.keys([0x1B])) == .nothing && state.received(.keys([0x5B])) == .nothing)
        #expect(state.received(.keys([UInt8(ascii: "q")])) == .nothing)
        #expect(state.received(.keys([UInt8(ascii: "x"), 0x00, 0xFF])) == .nothing)
        #expect(state.received(.resized) == .draw)
        #expect(state.received(.keys([UInt8(ascii: " ")])) == .draw && state.isPaused)
        let later = try Reports.make { $0.uptimeMs = 20_000 }
        #expect(state.received(.reported(later)) == .nothing && state.interval?.report.uptimeMs == 10_000)
        #expect(frame(state)[0].contains("PAUSED"))
        #expect(state.received(.keys([UInt8(ascii: " ")])) == .draw)
        let last = try Reports.make { $0.uptimeMs = 21_000 }
        #expect(state.received(.reported(last)) == .draw && state.interval?.seconds == 1)
        for key: UInt8 in [UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04] {
            #expect(state.received(.keys([key])) == .quit)
        }
    }

    @Test func `tenants stand in the order that was asked for`() throws {
        let report = try Reports.make { $0.tenants = tenants(9, 10) }
        var state = state(report)
        func shown() -> [String] {
            frame(state).filter { $0.hasPrefix("t") && $0.dropFirst().first?.isNumber == true }
                .compactMap { $0.split(separator: " ").first.map(String.init) }
        }
        #expect(shown().first == "t8" && shown().last == "t0")
        _ = state.received(.keys([UInt8(ascii: "w")]))
        #expect(shown().first == "t0")
        _ = state.received(.keys([UInt8(ascii: "s")]))
        #expect(shown().first == "t6" && shown().last == "t7")
        _ = state.received(.keys([UInt8(ascii: "n")]))
        #expect(shown() == (0..<9).map { "t\($0)" })
    }

    // MARK: Frames

    @Test(arguments: [(20, 3), (40, 10), (80, 24), (200, 60), (1, 1), (300, 12)])
    func `a frame fits, however small the terminal is`(columns: Int, rows: Int) throws {
        let report = try Reports.make {
            $0.tenants = tenants(40) + [.init(name: String(repeating: "語", count: 60), requests: 1)]
            $0.others = 5
            $0.statements = (0..<30).map { .init(tenant: "t\($0)", sql: String(repeating: "SELECT 語 ", count: 40)) }
            $0.errorCodes = ["SQL_ERROR": 1]
        }
        let lines = frame(state(report), columns: columns, rows: rows)
        #expect(lines.count <= rows)
        #expect(lines.allSatisfy { DisplayText.width($0) <= columns }, "\(lines)")
        if rows >= 24 {
            #expect(lines.contains { $0.contains("TENANT (") } && lines.contains { $0.contains("STATEMENT") })
            #expect(lines.last?.hasPrefix("q quit") == true)
        }
    }

    @Test func `nothing of a stranger's reaches the terminal as a command`() throws {
        let bad = "a\u{1B}[2J\u{07}\u{9B}31m\u{202E}\r\n\u{0}b"
        let report = try Reports.make {
            $0.tenants = [.init(name: bad, requests: 5)]
            $0.statements = [.init(tenant: bad, sql: "SELECT '\u{1B}]0;owned\u{07}',\n  \(bad)")]
            $0.errorCodes = [bad: 3]
            $0.limitsMet = [bad: 3]
            $0.time = "2026-11-26T\u{1B}[31m:00"
        }
        var state = state(report)
        _ = state.received(.failed("no: \(bad)"))
        let lines = frame(state)
        for scalar in lines.joined().unicodeScalars {
            #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0x202E)
        }
        #expect(lines.joined().contains("\\x1B[2J") && lines.contains { $0.contains("NO ANSWER: no: a") })
    }

    @Test func `a statement is one line, what runs now first`() throws {
        let first = try Reports.make {
            $0.statements = [
                .init(tenant: "a", sql: "old", totalMs: 900), .init(tenant: "a", sql: "SELECT\n\t1", totalMs: 5),
            ]
        }
        let second = try Reports.make {
            $0.uptimeMs = 11_000
            $0.statements = [
                .init(tenant: "a", sql: "old", totalMs: 900),
                .init(tenant: "a", sql: "SELECT\n\t1", count: 4, totalMs: 65),
            ]
        }
        let lines = frame(state(first, second))
        let heading = try #require(lines.firstIndex { $0.contains("STATEMENT") })
        #expect(lines[heading + 1].contains("60.0") && lines[heading + 1].hasSuffix("SELECT 1"))
        #expect(lines[heading + 2].hasSuffix("old"))
    }

    @Test func `before there is a report, and without an answer, that is what is shown`() {
        var state = TopState(address: "h:1", period: 1, order: .name)
        #expect(frame(state) == ["h:1: waits for the server's first report"])
        #expect(state.received(.failed("no route")) == .draw)
        #expect(frame(state) == ["h:1: no route"])
    }
}
