import BenchmarkSupport

/// A line of the table: what is aimed at, of which figure, against whom.
struct Goal {
    /// Which figure of a cell.
    enum Figure: String {
        case rate = "throughput"
        case p50 = "p50"
        case p99 = "p99"
        case cpu = "server CPU a request"
        case generatorCPU = "client CPU a request"
        case bytes = "bytes of an answer"
        case memory = "memory"

        func value(_ figures: Figures) -> Double? {
            switch self {
            case .rate: figures.rate
            case .p50: figures.p50
            case .p99: figures.p99
            case .cpu: figures.cpu
            case .generatorCPU: figures.generatorCPU
            case .bytes: figures.bytes
            case .memory: figures.memory
            }
        }
    }

    enum Limit {
        case atMost(Double)
        case atLeast(Double)
        /// Reported, without a goal.
        case none

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atMost(let limit): value <= limit
            case .atLeast(let limit): value >= limit
            case .none: true
            }
        }
    }

    /// The row of the table of goals: 1 to 11.
    let row: String
    let figure: Figure
    let of: CellID
    /// Whose figure ours is divided by: the best of theirs in each round. Empty: the figure itself is what counts.
    let against: [CellID]
    let limit: Limit

    init(_ row: String, _ figure: Figure, of: CellID, against: CellID..., limit: Limit = .none) {
        self.init(row, figure, of: of, against: against, limit: limit)
    }

    init(_ row: String, _ figure: Figure, of: CellID, against: [CellID], limit: Limit = .none) {
        self.row = row
        self.figure = figure
        self.of = of
        self.against = against
        self.limit = limit
    }
}
