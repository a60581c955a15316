import Configuration
import FoundationEssentials
import Yams

/// A configuration file: YAML 1.1 as libyaml reads it, of which JSON is a part. Its keys are those of ``Setting/all``; each
/// value keeps the line it stands in.
struct ConfigurationFile {
    /// Bytes of a file: as many as nobody writes, so that a wrong path is told at once.
    static let bytesMax = 1 << 20

    let path: String
    /// The texts of each key, for swift-configuration.
    private(set) var values: [AbsoluteConfigKey: ConfigValue] = [:]
    private var lines: [[String]: Int] = [:]

    /// A file that says nothing.
    init(emptyAt path: String) {
        self.path = path
    }

    /// Reads a file. Whatever is wrong with its shape is added to the faults; what is right is there all the same.
    init(path: String, faults: inout ConfigurationFaults) {
        self.path = path
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            // FoundationEssentials has no words of the system's for it.
            let isThere = FileManager.default.fileExists(atPath: path)
            faults.add(isThere ? "the file cannot be read" : "there is no such file", at: path)
            return
        }
        guard data.count <= Self.bytesMax else {
            faults.add("a configuration has at most \(Self.bytesMax) bytes, not \(data.count)", at: path)
            return
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            faults.add("the file is not UTF-8", at: path)
            return
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            let (place, problem) = Self.explain(error)
            faults.add(problem, at: place.map { "\(path):\($0)" } ?? path)
            return
        }
        // Nothing but comments.
        guard let root, !Self.isNothing(root) else { return }
        guard let mapping = root.mapping else {
            faults.add("the file is not a list of keys with their values", at: place(of: root))
            return
        }
        walk(mapping, under: [], &faults)
    }

    /// Where the value of a key stands.
    func origin(of key: [String]) -> SettingOrigin { .file(path, line: lines[key] ?? 1) }

    private mutating func walk(_ mapping: Node.Mapping, under section: [String], _ faults: inout ConfigurationFaults) {
        for (name, value) in mapping {
            guard let last = name.scalar?.string else {
                faults.add("a key is a name", at: place(of: name))
                continue
            }
            let key = section + [last]
            let shown = key.joined(separator: ".")
            if let setting = Setting.byName[shown], setting.key == key {
                guard let texts = texts(of: value, for: setting, &faults) else { continue }
                values[AbsoluteConfigKey(key)] = ConfigValue(texts, isSecret: false)
                lines[key] = value.mark?.line ?? name.mark?.line
                // A value below its key, as lists often are, is found by the key.
                if value.sequence != nil { lines[key] = name.mark?.line }
            } else if Setting.all.contains(where: { $0.key.starts(with: key) }) {
                if let inner = value.mapping {
                    walk(inner, under: key, &faults)
                } else if !Self.isNothing(value) {
                    let names = Setting.all.filter { $0.key.starts(with: key) }.map { $0.key[key.count] }
                    faults.add("\(shown) has keys of its own: \(names.joined(separator: ", "))", at: place(of: value))
                }
            } else {
                let names = Setting.all.map(\.name)
                faults.add(
                    "there is no key '\(shown)'\(Spelling.suggestion(for: shown, of: names))", at: place(of: name))
            }
        }
    }

    /// What is said of a setting; nil, and a fault, if it is not of the setting's shape.
    private func texts(
        of value: Node, for setting: Setting, _ faults: inout ConfigurationFaults
    ) -> ConfigContent? {
        func wrong(_ text: String, at node: Node) -> ConfigContent? {
            faults.add("\(setting.name) \(text)", at: place(of: node))
            return nil
        }
        if Self.isNothing(value) {
            return wrong("has no value: leave it out, or say what it is", at: value)
        }
        if let scalar = value.scalar {
            return setting.kind.isList ? .stringArray([scalar.string]) : .string(scalar.string)
        }
        guard let sequence = value.sequence else { return wrong("has no keys of its own", at: value) }
        guard setting.kind.isList else { return wrong("is one value, not a list", at: value) }
        var texts: [String] = []
        for element in sequence {
            guard let text = element.scalar?.string, !Self.isNothing(element) else {
                return wrong("is a list of texts", at: element)
            }
            texts.append(text)
        }
        return .stringArray(texts)
    }

    private func place(of node: Node) -> String { node.mark.map { "\(path):\($0.line)" } ?? path }

    /// Whether it is what YAML calls null: `~`, or nothing behind the colon.
    private static func isNothing(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// The line, and what libyaml says of it.
    private static func explain(_ error: any Error) -> (line: Int?, problem: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return (mark.line, "this is neither YAML nor JSON: \(problem)")
        case .reader(let problem, _, _, _): return (nil, "this is neither YAML nor JSON: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            return (context.mark.line, "a key is said once, not several times: \(names.joined(separator: ", "))")
        default: return (nil, "this is neither YAML nor JSON: \(error)")
        }
    }
}
