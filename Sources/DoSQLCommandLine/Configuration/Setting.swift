import DoSQLServer

/// Something that an operator can decide: a key of the configuration file, with the flag and the environment variable that
/// are named after it.
struct Setting: Sendable {
    /// Its place in the file: `["tls", "clientCA"]`.
    let key: [String]
    let kind: SettingKind
    /// What it is, for `dosql help serve`.
    let meaning: String
    /// What it is set to; nil: to nothing.
    let get: @Sendable (ServeConfiguration) -> SettingValue?
    /// Sets it to a value of its kind. What only this setting knows to be wrong is thrown.
    let set: @Sendable (inout ServeConfiguration, SettingValue) throws(SettingFault) -> Void

    /// `tls.clientCA`.
    var name: String { key.joined(separator: ".") }

    /// `tls-client-ca`. The variable, `DOSQL_TLS_CLIENT_CA`, is named in the same way by swift-configuration.
    var flag: String {
        var flag = ""
        for part in key {
            if !flag.isEmpty { flag += "-" }
            for letter in part {
                if letter.isUppercase, flag.last?.isLowercase == true { flag += "-" }
                flag.append(letter)
            }
        }
        return flag.lowercased()
    }

    /// The setting of a name that is written in this program, so that it is there.
    static func named(_ name: String) -> Setting {
        guard let setting = byName[name] else { preconditionFailure("there is no setting \(name)") }
        return setting
    }

    /// All of them by their names.
    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

// How the table writes its entries.
extension Setting {
    typealias Path<Value> = any WritableKeyPath<ServeConfiguration, Value> & Sendable

    private init(
        _ name: String, _ kind: SettingKind, _ meaning: String,
        get: @escaping @Sendable (ServeConfiguration) -> SettingValue?,
        set: @escaping @Sendable (inout ServeConfiguration, SettingValue) throws(SettingFault) -> Void
    ) {
        key = name.split(separator: ".").map(String.init)
        self.kind = kind
        self.meaning = meaning
        self.get = get
        self.set = set
    }

    /// A text that may be missing.
    static func text(_ name: String, _ what: String, _ path: Path<String?>, _ meaning: String) -> Setting {
        Setting(name, .text(what), meaning) {
            $0[keyPath: path].map(SettingValue.text)
        } set: {
            if case .text(let text) = $1 { $0[keyPath: path] = text }
        }
    }

    static func text(_ name: String, _ what: String, _ path: Path<String>, _ meaning: String) -> Setting {
        Setting(name, .text(what), meaning) {
            .text($0[keyPath: path])
        } set: {
            if case .text(let text) = $1 { $0[keyPath: path] = text }
        }
    }

    static func texts(_ name: String, _ what: String, _ path: Path<[String]>, _ meaning: String) -> Setting {
        texts(name, what, meaning) {
            $0[keyPath: path]
        } set: {
            $0[keyPath: path] = $1
        }
    }

    /// Texts that are read further.
    static func texts(
        _ name: String, _ what: String, _ meaning: String, get: @escaping @Sendable (ServeConfiguration) -> [String],
        set: @escaping @Sendable (inout ServeConfiguration, [String]) throws(SettingFault) -> Void
    ) -> Setting {
        Setting(name, .texts(what), meaning) {
            let texts = get($0)
            return texts.isEmpty ? nil : .texts(texts)
        } set: { (configuration, value) throws(SettingFault) in
            if case .texts(let texts) = value { try set(&configuration, texts) }
        }
    }

    static func truth(_ name: String, _ path: Path<Bool>, _ meaning: String) -> Setting {
        Setting(name, .truth, meaning) {
            .truth($0[keyPath: path])
        } set: {
            if case .truth(let truth) = $1 { $0[keyPath: path] = truth }
        }
    }

    /// One of an enumeration's cases.
    static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Choice>, _ meaning: String
    ) -> Setting {
        Setting(name, .choice(Choice.allCases.map(\.rawValue)), meaning) {
            .text($0[keyPath: path].rawValue)
        } set: {
            if case .text(let text) = $1, let choice = Choice(rawValue: text) { $0[keyPath: path] = choice }
        }
    }

    static func number(
        _ name: String, _ unit: SettingUnit, _ range: ClosedRange<Int>, _ path: Path<Int>, _ meaning: String
    ) -> Setting {
        Setting(name, .number(unit, range), meaning) {
            .number($0[keyPath: path])
        } set: {
            if case .number(let number) = $1 { $0[keyPath: path] = number }
        }
    }

    /// A number that may be missing.
    static func number(
        _ name: String, _ unit: SettingUnit, _ range: ClosedRange<Int>, _ path: Path<Int?>, _ meaning: String
    ) -> Setting {
        Setting(name, .number(unit, range), meaning) {
            $0[keyPath: path].map(SettingValue.number)
        } set: {
            if case .number(let number) = $1 { $0[keyPath: path] = number }
        }
    }

    /// Milliseconds that the server keeps as nanoseconds.
    static func time(
        _ name: String, _ range: ClosedRange<Int>, _ path: Path<UInt64>, _ meaning: String
    ) -> Setting {
        Setting(name, .number(.milliseconds, range), meaning) {
            .number(Int(clamping: $0[keyPath: path] / 1_000_000))
        } set: {
            if case .number(let number) = $1 { $0[keyPath: path] = UInt64(number) * 1_000_000 }
        }
    }

    /// One of the limits that a tenant has if it has none of its own.
    static func tenantLimit(_ field: TenantLimits.Field) -> Setting {
        let unit = SettingUnit(tenantLimit: field.unit)
        return Setting("tenantLimit.\(field.name)", .number(unit, field.range), "A tenant's limit.") {
            .number($0.server.tenant[keyPath: field.path])
        } set: {
            if case .number(let number) = $1 { $0.server.tenant[keyPath: field.path] = number }
        }
    }
}
