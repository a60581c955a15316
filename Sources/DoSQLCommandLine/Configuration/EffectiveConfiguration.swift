import Configuration
import DoSQLServer

/// What flags, environment and configuration file say together: of each setting the first of these that says anything, in
/// this order (the precedence is swift-configuration's, as are the names of the variables).
struct EffectiveConfiguration {
    /// Everything that was said, applied to the defaults.
    private(set) var values = ServeConfiguration()
    /// What the server takes.
    private(set) var server = Configuration()
    /// Where the value of each setting comes from, by its name; those that nobody has set are missing.
    private(set) var origins: [String: SettingOrigin] = [:]

    /// Reads and judges all of it.
    /// - Parameters:
    ///   - environment: the process's variables; empty ones count as not set.
    ///   - readsFiles: whether the files that are named are judged too, besides those of TLS.
    /// - Throws: every fault there is, of what is said and of what does not fit together.
    init(
        flags: ServeFlags, environment: [String: String], readsFiles: Bool = true
    ) throws(ConfigurationFaults) {
        var faults = ConfigurationFaults()
        let environment = environment.filter { !$0.value.isEmpty }
        let file =
            (flags.config ?? environment["DOSQL_CONFIG"]).map { ConfigurationFile(path: $0, faults: &faults) }
            ?? ConfigurationFile(emptyAt: "")
        let given = InMemoryProvider(name: "flags", values: Self.values(of: flags, &faults))
        let variables = EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "dosql")
        let lines = InMemoryProvider(name: "file", values: file.values)

        var names: [String] = []
        for setting in Setting.all {
            let key = AbsoluteConfigKey(setting.key)
            if let name = try? variables.value(forKey: key, type: .string).encodedKey { names.append(name) }
            // Each is judged, also where another comes before it: what is wrong today must not wait to be uncovered.
            for (provider, origin) in [
                (given, .flag(setting.flag)), (variables, .environment(names.last ?? "")),
                (lines, file.origin(of: setting.key)),
            ] as [(any ConfigProvider, SettingOrigin)] {
                do throws(SettingFault) {
                    guard let value = try Self.value(of: setting, from: provider) else { continue }
                    // A dry run where it does not count: what only the setting knows to be wrong.
                    var judged = values
                    try setting.set(&judged, value)
                    if origins[setting.name] == nil {
                        origins[setting.name] = origin
                        values = judged
                    }
                } catch {
                    faults.add("\(setting.name) \(error.text)", at: "\(origin)")
                }
            }
        }
        Self.findMisspelled(in: environment, known: names, &faults)

        server = values.complete { text, setting in faults.add(text, at: place(of: setting)) }
        for fault in server.settingFaults + (readsFiles ? server.fileFaults : []) {
            faults.add(fault.description, at: place(of: fault.setting))
        }
        guard faults.all.isEmpty else { throw faults }
    }

    /// Where the value of a setting comes from. The same limit of tenants can be set by two names.
    func origin(of setting: Setting) -> SettingOrigin {
        origins[setting.name] ?? Self.twins[setting.name].flatMap { origins[$0] } ?? .otherwise
    }

    private func place(of name: String) -> String { origins[name].map { "\($0)" } ?? name }

    /// Pairs of names for one value: a tenant's limit counts where both are set, since it comes later in the table.
    private static let twins: [String: String] = {
        let pairs = [
            ("statementTime", "tenantLimit.statementTimeMax"), ("transaction.idle", "tenantLimit.transactionIdleMax"),
            ("transaction.total", "tenantLimit.transactionTotalMax"), ("cache", "tenantLimit.pageCacheMax"),
        ]
        return Dictionary(uniqueKeysWithValues: pairs + pairs.map { ($0.1, $0.0) })
    }()

    private static func value(of setting: Setting, from provider: any ConfigProvider) throws(SettingFault)
        -> SettingValue?
    {
        let content: ConfigContent?
        do {
            content = try provider.value(
                forKey: AbsoluteConfigKey(setting.key), type: setting.kind.isList ? .stringArray : .string
            ).value?.content
        } catch {
            throw SettingFault("cannot be read: \(error)")
        }
        switch content {
        case .string(let text): return try setting.kind.value(text)
        case .stringArray(let texts): return try setting.kind.value(texts)
        default: return nil
        }
    }

    private static func values(
        of flags: ServeFlags, _ faults: inout ConfigurationFaults
    ) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        let given = flags.given
        for setting in Setting.all {
            guard let texts = given[setting.flag] else { continue }
            let content: ConfigContent = setting.kind.isList ? .stringArray(texts) : .string(texts[0])
            values[AbsoluteConfigKey(setting.key)] = ConfigValue(content, isSecret: false)
        }
        for text in flags.tenantLimit {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let names = TenantLimits.fields.map(\.name)
            if parts.count != 2 {
                faults.add("it is NAME=VALUE, not '\(text)'", at: "--tenant-limit")
            } else if !names.contains(parts[0]) {
                faults.add(
                    "a tenant has no limit '\(parts[0])' of its own\(Spelling.suggestion(for: parts[0], of: names))",
                    at: "--tenant-limit")
            } else {
                values[AbsoluteConfigKey(["tenantLimit", parts[0]])] = ConfigValue(.string(parts[1]), isSecret: false)
            }
        }
        return values
    }

    /// Variables that are nearly one of ours were meant to be. Others with our prefix belong to clients.
    private static func findMisspelled(
        in environment: [String: String], known: [String], _ faults: inout ConfigurationFaults
    ) {
        let prefix = "DOSQL_"
        // The client's token is not a file of tokens.
        let others = ["DOSQL_CONFIG", "DOSQL_TOKEN"]
        let parts = known.map { String($0.dropFirst(prefix.count)) }
        for name in environment.keys.sorted() where name.hasPrefix(prefix) && !(known + others).contains(name) {
            guard let meant = Spelling.nearest(to: String(name.dropFirst(prefix.count)), of: parts) else { continue }
            faults.add("nobody reads this variable; did you mean '\(prefix)\(meant)'?", at: name)
        }
    }
}
