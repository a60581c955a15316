import BenchmarkSupport

/// What became of a goal.
struct Verdict {
    enum Outcome: Equatable {
        case holds
        case fallsShort
        /// It has no goal.
        case reported
        case notMeasured(String)
    }

    static let noFigure = "no run has its figure"

    let goal: Goal
    let outcome: Outcome
    /// The median, the least and the most of the rounds.
    let median: Double
    let least: Double
    let most: Double

    init(_ goal: Goal, _ measurements: Measurements, missing: [Program: String]) {
        self.goal = goal
        let values = measurements.values(of: goal)
        median = FigureText.median(values)
        least = values.min() ?? .nan
        most = values.max() ?? .nan
        if let reason = ([goal.of] + goal.against).compactMap({ missing[$0.program] }).first {
            outcome = .notMeasured(reason)
        } else if values.isEmpty {
            outcome = .notMeasured(Self.noFigure)
        } else if case .none = goal.limit {
            outcome = .reported
        } else {
            outcome = goal.limit.isMet(by: median) ? .holds : .fallsShort
        }
    }

    /// Whether other rounds say the opposite of their median.
    var isClose: Bool {
        guard outcome == .holds || outcome == .fallsShort else { return false }
        return goal.limit.isMet(by: least) != goal.limit.isMet(by: most)
    }
}
