import DoSQLProtocol
import DoSQLTestSupport
import Testing

@testable import DoSQLCommandLine

struct RealLiteralTests {
    @Test(arguments: [
        (0.1, "0.1"), (3.0, "3.0"), (-19.99, "-19.99"), (1e20, "1e+20"), (.infinity, "1e999"), (-.infinity, "-1e999"),
        (1e-7, "1e-07"), (0.0, "0.0"), (-0.75, "-0.75"), (1234567.891, "1234567.891"),
    ])
    func `ordinary numbers look ordinary`(value: Double, text: String) {
        #expect(RealLiteral(value).text == text)
    }

    @Test func `SQLite reads every one as the same bits again`() throws {
        let client = try TestServer().client("acme")
        var generator = SystemRandomNumberGenerator()
        // Those that SQLite 3.40 reads one bit off when they are written as decimals, and the ends of the range.
        var values = [
            394725.0000378236, 369595.1891353346, 0.787991365547764, 242.00000833, 60.67188338319745,
            .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, -.leastNormalMagnitude, 1.926833360675485e-300,
        ]
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { values.append(value) }
            values.append(Double.random(in: -1e6...1e6))
        }
        for start in stride(from: 0, to: values.count, by: 100) {
            let part = values[start..<min(start + 100, values.count)]
            let rows = try client.query(.sql("SELECT " + part.map { RealLiteral($0).text }.joined(separator: ", ")))
                .rows
            for (value, read) in zip(part, rows[0]) { #expect(read == .real(value), "\(RealLiteral(value).text)") }
        }
    }
}
