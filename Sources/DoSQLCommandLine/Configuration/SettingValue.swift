/// What a setting of `dosql serve` is set to.
enum SettingValue: Hashable, Sendable {
    case text(String)
    case texts([String])
    case truth(Bool)
    /// In the setting's unit.
    case number(Int)

    /// As a configuration file has it: YAML, whose strings are those of JSON.
    var yaml: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .texts(let texts): "[\(texts.map(Self.quoted).joined(separator: ", "))]"
        case .truth(let truth): "\(truth)"
        case .number(let number): "\(number)"
        }
    }

    /// As a flag has it.
    var plain: String {
        switch self {
        case .text(let text): text
        case .texts(let texts): texts.joined(separator: ", ")
        case .truth(let truth): "\(truth)"
        case .number(let number): "\(number)"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{20}"..."\u{7E}", "\u{A0}"..."\u{2027}", "\u{202A}"..."\u{D7FF}", "\u{E000}"..."\u{FEFE}",
                "\u{FF00}"..."\u{FFFD}", "\u{10000}"..."\u{10FFFF}":
                quoted.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
