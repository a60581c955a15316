import BenchmarkSupport

/// The table of goals, and below it what each cell came to, as Markdown.
struct ResultTable {
    let verdicts: [Verdict]
    let measurements: Measurements

    /// What the table's words mean.
    static let legend = """
        Every ratio is of two programs that ran in turn in the same round: the median of the rounds, the least and the most. *Within the spread*: \
        some rounds say the opposite. *Busy* is the part of a processor that a side had.
        """

    /// Goal by goal.
    var goals: String {
        MarkdownTable(
            ["#", "what", "figure", "beside", "goal", "median", "min–max", ""],
            verdicts.map { verdict in
                let goal = verdict.goal
                return [
                    goal.row, "\(goal.of)", goal.figure.rawValue, Self.against(goal), Self.limit(goal),
                    Self.value(verdict.median, goal),
                    "\(Self.value(verdict.least, goal))–\(Self.value(verdict.most, goal))",
                    Self.outcome(verdict),
                ]
            }
        ).text
    }

    /// Cell by cell: medians.
    var cells: String {
        MarkdownTable(
            [
                "", "ops/s", "min–max", "p50 µs", "p99 µs", "server CPU µs", "client CPU µs", "server busy",
                "client busy", "",
            ],
            measurements.ids.map { id in
                let runs = measurements.all(id)
                let rates = runs.map(\.rate)
                func median(_ figure: KeyPath<Figures, Double?>) -> String {
                    let values = runs.compactMap { $0[keyPath: figure] }
                    return values.isEmpty ? "" : FigureText.number(FigureText.median(values))
                }
                let isGeneratorBound = runs.filter(\.isGeneratorBound).count * 2 > runs.count
                return [
                    "\(id)", FigureText.count(FigureText.median(rates)),
                    "\(FigureText.count(rates.min() ?? .nan))–\(FigureText.count(rates.max() ?? .nan))", median(\.p50),
                    median(\.p99), median(\.cpu), median(\.generatorCPU), median(\.busy), median(\.generatorBusy),
                    isGeneratorBound ? "the load generator was the bottleneck" : "",
                ]
            }
        ).text
    }

    private static func against(_ goal: Goal) -> String {
        if goal.against.isEmpty { return "" }
        if goal.against.count > 1 { return "the best of \(goal.against[0].program.rawValue)'s" }
        let other = goal.against[0]
        return other.work == goal.of.work ? other.program.rawValue : "\(other)"
    }

    private static func limit(_ goal: Goal) -> String {
        switch goal.limit {
        case .atMost(let limit): "≤ \(value(limit, goal))"
        case .atLeast(let limit): "≥ \(value(limit, goal))"
        case .none: ""
        }
    }

    /// A ratio has a multiplication sign, what counts by itself has its unit.
    private static func value(_ value: Double, _ goal: Goal) -> String {
        guard value.isFinite else { return "–" }
        if !goal.against.isEmpty { return "\(FigureText.number(value)) ×" }
        switch goal.figure {
        case .rate: return "\(FigureText.count(value))/s"
        case .p50, .p99:
            return value < 1000 ? "\(FigureText.number(value)) µs" : "\(FigureText.number(value / 1000)) ms"
        case .cpu, .generatorCPU: return "\(FigureText.number(value)) µs"
        case .bytes: return "\(FigureText.count(value)) B"
        case .memory: return "\(FigureText.number(value / 1024)) KiB"
        }
    }

    private static func outcome(_ verdict: Verdict) -> String {
        switch verdict.outcome {
        case .holds: verdict.isClose ? "holds, within the spread" : "holds"
        case .fallsShort: verdict.isClose ? "falls short, within the spread" : "falls short"
        case .reported: "reported"
        case .notMeasured(let reason): "not measured: \(reason)"
        }
    }
}
