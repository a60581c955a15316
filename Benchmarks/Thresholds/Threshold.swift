/// What a piece of work may cost, whatever machine it runs on.
struct Threshold {
    enum Measure: String {
        case allocations = "allocations a request"
        case systemCalls = "system calls a burst"
        case bytes = "bytes of an answer"
        case instructions = "instructions a request"
    }

    let work: String
    let measure: Measure
    let most: Double
    /// Whether a debug build is held to it, too. It allocates more, and may need a second turn for a burst.
    let holdsInDebug: Bool

    init(_ work: String, _ measure: Measure, most: Double, holdsInDebug: Bool = false) {
        self.work = work
        self.measure = measure
        self.most = most
        self.holdsInDebug = holdsInDebug
    }

    /// Each is a little above what a run had, so that a change that costs something has to say so here. The system calls
    /// of a burst are a wait, a read and a write; what is above them are the loop's own ticks.
    static let all: [Threshold] = [
        Threshold(Work.pipelined, .allocations, most: 0.5),
        Threshold(Work.pipelined, .systemCalls, most: 3.5),
        Threshold(Work.pipelined, .bytes, most: 84, holdsInDebug: true),
        Threshold(Work.pipelined, .instructions, most: 8_500),
        Threshold(Work.single, .systemCalls, most: 4, holdsInDebug: true),
        Threshold(Work.hundredRows, .bytes, most: 20_000, holdsInDebug: true),
        Threshold(Work.inserts, .allocations, most: 40),
        Threshold(Work.inserts, .instructions, most: 90_000),
        Threshold(Work.http, .allocations, most: 15),
        Threshold(Work.http, .systemCalls, most: 4, holdsInDebug: true),
    ]
}
