/// Everything that is wrong with a configuration, each with its place.
struct ConfigurationFaults: Error, CustomStringConvertible {
    /// One of them.
    struct Fault: Hashable, Sendable, CustomStringConvertible {
        /// `production.yaml:12`, `DOSQL_LOOPS`, `--loops`; without one the setting's key.
        let place: String
        /// A sentence.
        let text: String

        /// The line of a file; nil elsewhere.
        var line: Int? { place.lastIndex(of: ":").flatMap { Int(place[place.index(after: $0)...]) } }

        var description: String { "\(place): \(text)" }
    }

    private(set) var all: [Fault] = []

    mutating func add(_ text: String, at place: String) {
        let fault = Fault(place: place, text: text)
        if !all.contains(fault) { all.append(fault) }
    }

    /// A line each: first those of the file, as they stand in it.
    var description: String {
        let lines = all.enumerated().sorted { one, other in
            (one.element.line ?? .max, one.offset) < (other.element.line ?? .max, other.offset)
        }
        return lines.map(\.element.description).joined(separator: "\n")
    }
}
