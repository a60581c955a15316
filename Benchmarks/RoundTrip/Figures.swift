/// What one run of one cell came to.
struct Figures {
    /// Requests answered in a second.
    var rate: Double
    /// Microseconds; nil where a loop of calls has no latency to speak of.
    var p50: Double?
    var p99: Double?
    /// Microseconds of processor time, user and system, for each request, of the side that carries it out.
    var cpu: Double
}

/// The figures of all rounds by cell, in the order in which cells were first met.
struct FigureTable {
    private var names: [String] = []
    private var figures: [String: [Figures]] = [:]

    mutating func add(_ name: String, _ value: Figures) {
        if figures[name] == nil { names.append(name) }
        figures[name, default: []].append(value)
    }

    /// Prints medians, the spread of the rate, and each cell's rate against one cell's, paired round by round.
    func print(relativeTo base: String) {
        let widths = [54, 12, 19, 10, 10, 12, 22]
        let header = ["", "ops/s", "(min–max)", "p50 µs", "p99 µs", "CPU µs/op", "ratio (min–max)"]
        Swift.print(Self.line(header, widths))
        for name in names {
            guard let runs = figures[name], let baseRuns = figures[base] else { continue }
            let rates = runs.map(\.rate)
            let ratios = zip(rates, baseRuns.map(\.rate)).map { $0 / $1 }
            Swift.print(
                Self.line(
                    [
                        name, Self.count(Self.median(rates)),
                        "(\(Self.count(rates.min()!))–\(Self.count(rates.max()!)))",
                        Self.number(Self.median(runs.compactMap(\.p50))),
                        Self.number(Self.median(runs.compactMap(\.p99))),
                        Self.number(Self.median(runs.map(\.cpu))),
                        "\(Self.number(Self.median(ratios))) (\(Self.number(ratios.min()!))–\(Self.number(ratios.max()!)))",
                    ], widths))
        }
    }

    private static func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { index, pair in
            let space = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
            return index == 0 ? pair.0 + space : space + pair.0
        }.joined()
    }

    private static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    private static func count(_ value: Double) -> String {
        value >= 10_000 ? "\(Int((value / 1000).rounded()))k" : "\(Int(value.rounded()))"
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
