/// Where a setting's value comes from.
enum SettingOrigin: Hashable, Sendable {
    /// A line of the configuration file.
    case file(String, line: Int)
    /// An environment variable.
    case environment(String)
    /// A flag.
    case flag(String)
    /// Nobody has said anything.
    case otherwise
}

extension SettingOrigin: CustomStringConvertible {
    var description: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): name
        case .flag(let name): "--\(name)"
        case .otherwise: "default"
        }
    }
}
