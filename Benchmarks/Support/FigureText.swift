/// Figures as they are printed.
package enum FigureText {
    /// Cells in columns of these widths, the first one to the left.
    package static func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { index, pair in
            let space = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
            return index == 0 ? pair.0 + space : space + pair.0
        }.joined()
    }

    /// The middle of some figures; not a number if there are none.
    package static func median(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// A rate: thousands from 10,000 on.
    package static func count(_ value: Double) -> String {
        value >= 10_000 ? "\(Int((value / 1000).rounded()))k" : "\(Int(value.rounded()))"
    }

    /// Two decimals, none from 100 on.
    package static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value >= 100 { return "\(Int(value.rounded()))" }
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
