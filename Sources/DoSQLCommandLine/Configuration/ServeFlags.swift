import ArgumentParser

/// The flags of `dosql serve` and `dosql config check`, as they were written: what they mean stands in ``Setting/all``, and
/// what they say is judged together with the file and the environment.
struct ServeFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file that says what flags say (YAML or JSON): writerThreads: 4 as --writer-threads 4, and tls: {key: …} as --tls-key. DOSQL_CONFIG names it too.",
            valueName: "file"))
    var config: String?

    @Option("listen") var listen: [String] = []
    @Option("data") var data: String?
    @Option("migrations") var migrations: String?
    @Flag("createTenants", inversion: .prefixedNo) var createTenants: Bool?
    @Option("synchronous") var synchronous: String?

    @Option("tokens") var tokens: String?
    @Option("revoked") var revoked: String?
    @Option("jwks") var jwks: [String] = []
    @Option("jwt.key") var jwtKey: [String] = []
    @Option("jwt.issuer") var jwtIssuer: String?
    @Option("jwt.audience") var jwtAudience: String?
    @Option("jwt.lifetimeMax") var jwtLifetimeMax: String?
    @Flag("insecureNoTokens", inversion: .prefixedNo) var insecureNoTokens: Bool?

    @Option("tls.certificate") var tlsCertificate: String?
    @Option("tls.key") var tlsKey: String?
    @Option("tls.clientCA") var tlsClientCA: String?
    @Option("tls.clientCertificates") var tlsClientCertificates: String?
    @Option("plaintext") var plaintext: String?

    @Option("loops") var loops: String?
    @Option("writerThreads") var writerThreads: String?
    @Option("readerThreads") var readerThreads: String?
    @Option("maxOpenTenants") var maxOpenTenants: String?
    @Option("tenantIdle") var tenantIdle: String?
    @Option("maxConnections") var maxConnections: String?
    @Option("maxConnectionsPerAddress") var maxConnectionsPerAddress: String?
    @Option("maxBytesInFlight") var maxBytesInFlight: String?
    @Option("maxMemory") var maxMemory: String?
    @Option("maxTenants") var maxTenants: String?
    @Option("maxDisk") var maxDisk: String?
    @Option("minDiskFree") var minDiskFree: String?

    @Option("cache") var cache: String?
    @Option("checkpointPages") var checkpointPages: String?
    @Option("transaction.idle") var transactionIdle: String?
    @Option("transaction.total") var transactionTotal: String?
    @Option("transaction.wait") var transactionWait: String?
    @Option("cursorStall") var cursorStall: String?
    @Option("statementTime") var statementTime: String?
    @Option("snapshotAge") var snapshotAge: String?
    @Option("shutdownGrace") var shutdownGrace: String?
    @Option(
        help: ArgumentHelp(
            "A limit of every tenant that has none of its own, such as databaseBytesMax=100MiB; may be given several times.",
            valueName: "name=value"))
    var tenantLimit: [String] = []

    @Option("baseDomain") var baseDomain: [String] = []
    @Option("cors.origin") var corsOrigin: [String] = []
    @Flag("cors.credentials", inversion: .prefixedNo) var corsCredentials: Bool?
    @Option("maxHttpTransactions") var maxHttpTransactions: String?

    @Option("keep.messages") var keepMessages: String?
    @Option("keep.messagesFor") var keepMessagesFor: String?
    @Option("keep.events") var keepEvents: String?
    @Option("keep.eventsFor") var keepEventsFor: String?
    @Option("keep.deletedFor") var keepDeletedFor: String?

    @Option("log.level") var logLevel: String?
    @Option("log.format") var logFormat: String?
    @Option("slowStatement") var slowStatement: String?
    @Option("maxTenantSeries") var maxTenantSeries: String?

    /// What was given, by the flag's name without its dashes; a flag that takes no value has `true` or `false`. The limits
    /// of tenants are not in it.
    var given: [String: [String]] {
        var given: [String: [String]] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, label != "_tenantLimit", label != "_config" else { continue }
            let texts: [String] =
                switch child.value {
                case let option as Option<String?>: option.wrappedValue.map { [$0] } ?? []
                case let option as Option<[String]>: option.wrappedValue
                case let flag as Flag<Bool?>: flag.wrappedValue.map { ["\($0)"] } ?? []
                default: []
                }
            if !texts.isEmpty, let setting = Self.settings[label] { given[setting.flag] = texts }
        }
        return given
    }

    /// The settings by the names of the properties above, `_tlsClientCA`.
    static let settings: [String: Setting] = {
        let flags = Dictionary(uniqueKeysWithValues: Setting.all.map { (letters(of: $0.flag), $0) })
        var settings: [String: Setting] = [:]
        for label in Mirror(reflecting: ServeFlags()).children.compactMap(\.label) {
            settings[label] = flags[letters(of: label)]
        }
        return settings
    }()

    private static func letters(of name: String) -> String { name.lowercased().filter(\.isLetter) }
}

extension Option where Value == String? {
    /// The flag of a setting.
    fileprivate init(_ name: String) {
        let setting = Setting.named(name)
        self.init(name: .customLong(setting.flag), help: setting.help)
    }
}

extension Option where Value == [String] {
    /// The flag of a setting that may be given several times.
    fileprivate init(wrappedValue: [String], _ name: String) {
        let setting = Setting.named(name)
        self.init(wrappedValue: wrappedValue, name: .customLong(setting.flag), help: setting.help)
    }
}

extension Flag where Value == Bool? {
    /// The flag of a setting that is true or false.
    fileprivate init(_ name: String, inversion: FlagInversion) {
        let setting = Setting.named(name)
        self.init(name: .customLong(setting.flag), inversion: inversion, help: setting.help)
    }
}

extension Setting {
    /// What `dosql help serve` says of its flag.
    fileprivate var help: ArgumentHelp {
        var text = meaning
        if kind.isList { text += " May be given several times." }
        if let value = get(ServeConfiguration()) { text += " (default: \(value.plain))" }
        return ArgumentHelp("\(text)", valueName: kind.valueName)
    }
}
