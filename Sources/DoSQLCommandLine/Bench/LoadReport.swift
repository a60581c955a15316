import DoSQLLoad

/// What `dosql bench` prints.
struct LoadReport {
    let text: String

    /// - Parameter figures: of a load with one kind of traffic.
    init(_ figures: LoadFigures, pace: Traffic.Pace) {
        let kind = figures.kinds[0]
        let latency = kind.latency
        var lines = [
            "\(kind.count) answers in \(Self.decimal(figures.seconds)) s: \(Self.decimal(kind.rate)) a second",
            "latency  p50 \(Self.time(latency.p50))  p90 \(Self.time(latency.p90))  p99 \(Self.time(latency.p99))  "
                + "p99.9 \(Self.time(latency.p999))  max \(Self.time(latency.max))",
            "an answer has \(Self.decimal(kind.bytesPerAnswer)) bytes",
        ]
        if case .rate(let rate) = pace, kind.rate < rate * 0.99 {
            lines.append("the server did not keep up with \(Self.decimal(rate)) a second")
        }
        let busy = figures.generatorCPU / figures.seconds
        // Paced, it never sleeps while the next request is near.
        if case .closed = pace {
            let each = figures.generatorCPU * 1e9 / Double(max(1, kind.count))
            lines.append("this program needed \(Self.time(UInt64(each))) of processor time for each")
            if busy > 0.95 { lines.append("it had no time left: a faster server would look the same") }
        }
        text = lines.joined(separator: "\n")
    }

    /// Nanoseconds as people read them.
    static func time(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<1_000_000: decimal(Double(nanoseconds) / 1000) + " µs"
        case ..<1_000_000_000: decimal(Double(nanoseconds) / 1_000_000) + " ms"
        default: decimal(Double(nanoseconds) / 1_000_000_000) + " s"
        }
    }

    /// Three digits that matter, or all in front of the point.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        let scale = value >= 10 ? 10.0 : 100.0
        let scaled = Int((value * scale).rounded())
        let whole = scaled / Int(scale)
        let part = "\(scaled % Int(scale))"
        let zeros = String(repeating: "0", count: (scale == 10 ? 1 : 2) - part.count)
        return "\(whole).\(zeros)\(part)"
    }
}
