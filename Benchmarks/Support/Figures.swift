package import DoSQLLoad

/// What one run of one cell came to.
package struct Figures: Sendable {
    /// Requests answered in a second.
    package var rate: Double
    /// Microseconds; nil where a loop of calls has no latency to speak of.
    package var p50: Double?
    package var p99: Double?
    /// Microseconds of processor time, user and system, for each request, of the side that carries it out; nil: nobody
    /// has looked.
    package var cpu: Double?
    /// The same of the load generator.
    package var generatorCPU: Double?
    /// The part of a processor that each side had, 1 being all of one.
    package var busy: Double?
    package var generatorBusy: Double?
    /// Bytes of an answer.
    package var bytes: Double?
    /// Bytes of memory of whatever the cell is about.
    package var memory: Double?

    package init(rate: Double, p50: Double? = nil, p99: Double? = nil, cpu: Double? = nil) {
        self.rate = rate
        self.p50 = p50
        self.p99 = p99
        self.cpu = cpu
    }

    /// What a load came to: one kind of its traffic, with the processor time of all kinds shared out by number.
    package init(_ load: LoadFigures, kind: Int = 0) {
        let part = load.kinds[kind]
        let count = Double(max(1, load.kinds.reduce(0) { $0 + $1.count }))
        rate = part.rate
        p50 = Double(part.latency.p50) / 1000
        p99 = Double(part.latency.p99) / 1000
        if load.serverCPU.isFinite {
            cpu = load.serverCPU * 1e6 / count
            busy = load.serverCPU / load.seconds
        }
        generatorCPU = load.generatorCPU * 1e6 / count
        generatorBusy = load.generatorCPU / load.seconds
        bytes = part.bytesPerAnswer
    }

    /// Whether the generator had no time left while the server had: then it is the generator that was measured.
    package var isGeneratorBound: Bool {
        guard let busy, let generatorBusy else { return false }
        return generatorBusy > 0.95 && busy < 0.9
    }
}
