/// The figures of all rounds by cell, in the order in which cells were first met.
package struct FigureTable {
    private var names: [String] = []
    private var figures: [String: [Figures]] = [:]

    package init() {}

    /// Adds what a round came to.
    package mutating func add(_ name: String, _ value: Figures) {
        if figures[name] == nil { names.append(name) }
        figures[name, default: []].append(value)
    }

    /// Prints medians, the spread of the rate, and each cell's rate against one cell's, paired round by round.
    package func print(relativeTo base: String) {
        let widths = [54, 12, 19, 10, 10, 12, 22]
        let header = ["", "ops/s", "(min–max)", "p50 µs", "p99 µs", "CPU µs/op", "ratio (min–max)"]
        Swift.print(FigureText.line(header, widths))
        for name in names {
            guard let runs = figures[name], let baseRuns = figures[base] else { continue }
            let rates = runs.map(\.rate)
            let ratios = zip(rates, baseRuns.map(\.rate)).map { $0 / $1 }
            Swift.print(
                FigureText.line(
                    [
                        name, FigureText.count(FigureText.median(rates)),
                        "(\(FigureText.count(rates.min()!))–\(FigureText.count(rates.max()!)))",
                        FigureText.number(FigureText.median(runs.compactMap(\.p50))),
                        FigureText.number(FigureText.median(runs.compactMap(\.p99))),
                        FigureText.number(FigureText.median(runs.compactMap(\.cpu))),
                        "\(FigureText.number(FigureText.median(ratios))) (\(FigureText.number(ratios.min()!))–\(FigureText.number(ratios.max()!)))",
                    ], widths))
        }
    }

    /// Prints the ratios of one figure of some cells to one cell's, paired round by round: median and spread.
    package func printRatios(_ title: String, of figure: KeyPath<Figures, Double?>, _ cells: [String], to base: String)
    {
        for name in cells {
            guard let runs = figures[name], let baseRuns = figures[base] else { continue }
            let ratios = zip(runs, baseRuns).compactMap { run, base -> Double? in
                guard let ours = run[keyPath: figure], let theirs = base[keyPath: figure] else { return nil }
                return ours / theirs
            }
            guard let least = ratios.min(), let most = ratios.max() else { continue }
            let spread = "(\(FigureText.number(least))–\(FigureText.number(most)))"
            Swift.print("\(title), \(name) / \(base): \(FigureText.number(FigureText.median(ratios))) \(spread)")
        }
    }
}
