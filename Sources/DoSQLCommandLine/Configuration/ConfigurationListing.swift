/// The effective configuration as a configuration file: every setting with its value, and where it comes from as a comment.
struct ConfigurationListing: CustomStringConvertible {
    let configuration: EffectiveConfiguration

    var description: String {
        var lines: [String] = []
        var section: String?
        for setting in Setting.all {
            if setting.key.count > 1, setting.key[0] != section {
                section = setting.key[0]
                // A section without a value has no head, so that it can be read again.
                lines.append("\(setting.key[0]):")
            } else if setting.key.count == 1 {
                section = nil
            }
            let indent = setting.key.count > 1 ? "  " : ""
            let name = setting.key.last ?? ""
            guard let value = setting.get(configuration.values) else {
                lines.append("\(indent)# \(name) is not set")
                continue
            }
            lines.append("\(indent)\(name): \(value.yaml) # \(configuration.origin(of: setting))")
        }
        return lines.joined(separator: "\n")
    }
}
