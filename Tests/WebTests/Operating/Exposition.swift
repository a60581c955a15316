import DoSQLTestSupport

/// A page of metrics, read as strictly as the text format 0.0.4 can be read.
struct Exposition {
    struct Family {
        let name: String
        let kind: String
        let help: String
        var samples: [Sample] = []
    }

    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var families: [Family] = []

    /// Reads a page: each family has its HELP, its TYPE and then its samples; every line ends in a line feed.
    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw TestSupportError("the last line has no end") }
        var help: (name: Substring, text: Substring)?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") {
                guard help == nil else { throw TestSupportError("HELP without TYPE before: \(line)") }
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2 else { throw TestSupportError("HELP without a text: \(line)") }
                help = (parts[0], parts[1])
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ", omittingEmptySubsequences: false)
                guard parts.count == 2, let begun = help, begun.name == parts[0] else {
                    throw TestSupportError("TYPE does not follow its HELP: \(line)")
                }
                guard ["counter", "gauge", "histogram"].contains(parts[1]) else {
                    throw TestSupportError("no type of metrics: \(line)")
                }
                let name = String(parts[0])
                guard Self.isName(name, colons: true), !families.contains(where: { $0.name == name }) else {
                    throw TestSupportError("not a name, or the second family of it: \(line)")
                }
                families.append(Family(name: name, kind: String(parts[1]), help: String(begun.text)))
                help = nil
            } else {
                guard help == nil, let index = families.indices.last else {
                    throw TestSupportError("a sample outside of a family: \(line)")
                }
                families[index].samples.append(try Self.sample(line))
            }
        }
        for family in families { try Self.check(family) }
    }

    /// A family by its name.
    func family(_ name: String) throws -> Family {
        guard let family = families.first(where: { $0.name == name }) else {
            throw TestSupportError("there is no metric \(name)")
        }
        return family
    }

    /// The one sample that has exactly these labels.
    func value(_ name: String, _ labels: [String: String] = [:], suffix: String = "") throws -> Double {
        let found = try family(name).samples.filter { $0.name == name + suffix && $0.labels == labels }
        guard found.count == 1 else { throw TestSupportError("\(found.count) samples of \(name)\(suffix) \(labels)") }
        return found[0].value
    }

    // MARK: Lines

    private static func sample(_ line: Substring) throws -> Sample {
        var rest = line
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard isName(name, colons: true) else { throw TestSupportError("no name: \(line)") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = String(rest.prefix { $0 != "=" })
                rest = rest.dropFirst(label.count)
                guard isName(label, colons: false), rest.hasPrefix("=\"") else {
                    throw TestSupportError("no label: \(line)")
                }
                rest = rest.dropFirst(2)
                var value = ""
                while let character = rest.popFirst(), character != "\"" {
                    guard character == "\\" else {
                        value.append(character)
                        continue
                    }
                    switch rest.popFirst() {
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    case "n": value.append("\n")
                    default: throw TestSupportError("no escape: \(line)")
                    }
                }
                guard labels.updateValue(value, forKey: label) == nil else {
                    throw TestSupportError("a label twice: \(line)")
                }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw TestSupportError("labels without an end: \(line)") }
        }
        guard rest.popFirst() == " ", let value = Double(rest), !rest.contains(" ") else {
            throw TestSupportError("no value: \(line)")
        }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            case 0x3A: colons
            default: false
            }
        }
    }

    // MARK: Families

    private static func check(_ family: Family) throws {
        guard !family.samples.isEmpty else { throw TestSupportError("\(family.name) has no samples") }
        let keys = family.samples.map { "\($0.name) \($0.labels.sorted { $0.key < $1.key })" }
        guard Set(keys).count == keys.count else { throw TestSupportError("\(family.name) has a sample twice") }
        if family.kind == "counter" {
            guard family.name.hasSuffix("_total"), family.samples.allSatisfy({ $0.value >= 0 }) else {
                throw TestSupportError("\(family.name) is no counter")
            }
        }
        guard family.kind == "histogram" else {
            guard family.samples.allSatisfy({ $0.name == family.name }) else {
                throw TestSupportError("\(family.name) has samples of another name")
            }
            return
        }
        // One histogram for each set of the other labels.
        let histograms = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.key != "le" }
        }
        for samples in histograms.values { try checkHistogram(family, samples) }
    }

    private static func checkHistogram(_ family: Family, _ samples: [Sample]) throws {
        let buckets = samples.filter { $0.name == family.name + "_bucket" }
        let bounds = buckets.compactMap { $0.labels["le"].flatMap { $0 == "+Inf" ? .infinity : Double($0) } }
        let counts = buckets.map(\.value)
        guard bounds.count == buckets.count, bounds.last == .infinity, bounds == bounds.sorted(),
            Set(bounds).count == bounds.count, counts == counts.sorted()
        else { throw TestSupportError("the buckets of \(family.name) are not cumulative") }
        let others = samples.filter { $0.name != family.name + "_bucket" }
        guard others.map(\.name) == [family.name + "_sum", family.name + "_count"], others[1].value == counts.last
        else { throw TestSupportError("\(family.name) has no sum, or a count that is not its last bucket's") }
    }
}

extension HTTPClient {
    /// The metrics of now.
    func metrics() throws -> Exposition { try Exposition(try get("/metrics").text) }
}
