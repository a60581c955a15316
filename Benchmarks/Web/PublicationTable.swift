import BenchmarkSupport

/// Prints how long messages took.
enum PublicationTable {
    /// One table: p50, p99 and the worst of each way, in milliseconds.
    static func print(_ title: String, _ publications: [Publication]) {
        let widths = [54, 12, 12, 12]
        let header = ["\(title), \(publications.count) messages", "p50 ms", "p99 ms", "max ms"]
        Swift.print(FigureText.line(header, widths))
        let ways: [(String, KeyPath<Publication, UInt64>, KeyPath<Publication, UInt64>)] = [
            ("  sent → acknowledged", \.sentAt, \.acknowledgedAt),
            ("  sent → the first has it", \.sentAt, \.firstAt),
            ("  sent → the last has it", \.sentAt, \.lastAt),
            ("  acknowledged → the last has it", \.acknowledgedAt, \.lastAt),
        ]
        for (name, start, end) in ways {
            let times = publications.map { $0.milliseconds(from: start, to: end) }.sorted()
            let figures = [0.5, 0.99, 1].map { FigureText.number(percentile($0, of: times)) }
            Swift.print(FigureText.line([name] + figures, widths))
        }
    }

    private static func percentile(_ share: Double, of sorted: [Double]) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}
