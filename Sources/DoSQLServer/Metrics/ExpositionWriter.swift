/// Writes metrics in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// A family is begun, then come its samples, so that all lines of a family stand together, as the format has it.
struct ExpositionWriter {
    /// The media type of what it writes.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What a family is.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// What was written.
    private(set) var bytes: [UInt8] = []
    private var family = ""

    /// Begins a family.
    /// - Parameter help: a sentence for people.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        append("# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// A family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ value: some CustomStringConvertible, _ help: String) {
        begin(name, kind, help)
        sample(value)
    }

    /// Writes a sample of the family.
    mutating func sample(_ value: some CustomStringConvertible, _ labels: [(name: String, value: String)] = []) {
        sample(suffix: "", value, labels)
    }

    /// A family that is a histogram; the unit of the values is the name's, `scale` of them make one.
    mutating func histogram(_ name: String, _ histogram: Histogram, dividedBy scale: UInt64 = 1, _ help: String) {
        begin(name, .histogram, help)
        histogramSample(histogram.bounds, histogram.reading, dividedBy: scale, [])
    }

    /// Writes one histogram of the family, which may have several.
    mutating func histogramSample(
        _ bounds: [UInt64], _ reading: Histogram.Reading, dividedBy scale: UInt64,
        _ labels: [(name: String, value: String)]
    ) {
        for (bound, count) in zip(bounds, reading.cumulative) {
            sample(suffix: "_bucket", count, labels + [("le", Self.number(bound, scale))])
        }
        let all = reading.cumulative.last ?? 0
        sample(suffix: "_bucket", all, labels + [("le", "+Inf")])
        sample(suffix: "_sum", Self.number(reading.sum, scale), labels)
        sample(suffix: "_count", all, labels)
    }

    private mutating func sample(
        suffix: String, _ value: some CustomStringConvertible, _ labels: [(name: String, value: String)]
    ) {
        append(family + suffix)
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
            append("{\(pairs.joined(separator: ","))}")
        }
        append(" \(value)\n")
    }

    private static func number(_ value: UInt64, _ scale: UInt64) -> String {
        scale == 1 ? "\(value)" : "\(Double(value) / Double(scale))"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}
