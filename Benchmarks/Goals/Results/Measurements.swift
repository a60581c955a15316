import BenchmarkSupport

/// The figures of all rounds, by cell.
struct Measurements {
    /// In the order in which they were first met.
    private(set) var ids: [CellID] = []
    private var figures: [CellID: [Int: Figures]] = [:]

    mutating func add(_ id: CellID, round: Int, _ value: Figures) {
        if figures[id] == nil { ids.append(id) }
        figures[id, default: [:]][round] = value
    }

    /// Those of all rounds, in their order.
    func all(_ id: CellID) -> [Figures] {
        (figures[id] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    /// A goal's figure in each round: the ratio of the pair that was measured in that round.
    func values(of goal: Goal) -> [Double] {
        (figures[goal.of] ?? [:]).sorted { $0.key < $1.key }.compactMap { round, ours in
            guard let ours = goal.figure.value(ours) else { return nil }
            if goal.against.isEmpty { return ours }
            let theirs = goal.against.compactMap { figures[$0]?[round].flatMap { goal.figure.value($0) } }
            guard let best = goal.figure == .rate ? theirs.max() : theirs.min(), best > 0 else { return nil }
            return ours / best
        }
    }
}
