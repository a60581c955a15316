/// What a setting takes.
enum SettingKind: Hashable, Sendable {
    /// Some text, named by what it is: `file`.
    case text(String)
    /// Any number of such texts.
    case texts(String)
    case truth
    /// One of these words.
    case choice([String])
    case number(SettingUnit, ClosedRange<Int>)

    /// The value of a text; what is wrong with it is thrown, as what follows the setting's name in a sentence.
    func value(_ text: String) throws(SettingFault) -> SettingValue {
        switch self {
        case .text(let name):
            guard !text.isEmpty else { throw SettingFault("is a \(name), not nothing") }
            return .text(text)
        case .texts: return try value([text])
        case .truth:
            guard let truth = Bool(text) else { throw SettingFault("is true or false, not '\(text)'") }
            return .truth(truth)
        case .choice(let words):
            guard words.contains(text) else {
                throw SettingFault("is \(Self.list(words)), not '\(text)'\(Spelling.suggestion(for: text, of: words))")
            }
            return .text(text)
        case .number(let unit, let range):
            guard let number = unit.number(text) else { throw SettingFault("is \(unit.forms), not '\(text)'") }
            guard range.contains(number) else {
                let bounds =
                    range.upperBound == .max
                    ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
                throw SettingFault("is \(bounds) (\(unit.name)), not \(number)")
            }
            return .number(number)
        }
    }

    /// The value of several texts.
    func value(_ texts: [String]) throws(SettingFault) -> SettingValue {
        guard case .texts(let name) = self else { throw SettingFault("is one value, not a list") }
        guard !texts.isEmpty, !texts.contains("") else { throw SettingFault("is one \(name) or several, not nothing") }
        return .texts(texts)
    }

    /// Whether it may be given several times.
    var isList: Bool {
        if case .texts = self { true } else { false }
    }

    /// What a flag's value is called in its help.
    var valueName: String? {
        switch self {
        case .text(let name), .texts(let name): name
        case .truth: nil
        case .choice(let words): words.joined(separator: "|")
        case .number(let unit, _): unit.name
        }
    }

    private static func list(_ words: [String]) -> String {
        words.map { "'\($0)'" }.dropLast().joined(separator: ", ") + " or '\(words.last ?? "")'"
    }
}
