/// What a piece of work may cost, whatever machine it runs on.
struct Threshold {
    enum Measure: String {
        case allocations = "allocations a request"
        case systemCalls = "system calls a burst"
        case bytes = "bytes of an answer"
        case instructions = "instructions a request"

        /// Whether a debug build has it, too.
        var holdsInDebug: Bool { self == .systemCalls || self == .bytes }
    }

    let work: String
    let measure: Measure
    let most: Double

    /// Each is a little above what a run had, so that a change that costs something has to say so here.
    static let all: [Threshold] = [
        Threshold(work: Work.pipelined, measure: .allocations, most: 0.5),
        Threshold(work: Work.pipelined, measure: .systemCalls, most: 3.5),
        Threshold(work: Work.pipelined, measure: .bytes, most: 110),
        Threshold(work: Work.single, measure: .systemCalls, most: 3.5),
        Threshold(work: Work.hundredRows, measure: .bytes, most: 22_000),
        Threshold(work: Work.http, measure: .allocations, most: 60),
        Threshold(work: Work.http, measure: .systemCalls, most: 3.5),
        Threshold(work: Work.pipelined, measure: .instructions, most: 6_000),
    ]
}
