import ArgumentParser
import DoSQLLoop
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import FoundationEssentials
import Testing

@testable import DoSQLCommandLine

/// What flags, environment and file amount to, and what is wrong with them.
struct ConfigurationTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func file(_ text: String, named name: String = "dosql.yaml") throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder.path(of: name)))
        return folder.path(of: name)
    }

    private func effective(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> EffectiveConfiguration {
        try EffectiveConfiguration(flags: ServeFlags.parse(arguments), environment: environment)
    }

    /// The faults, each as it is printed, without the folder.
    private func faults(_ arguments: String..., environment: [String: String] = [:]) throws -> [String] {
        do {
            _ = try EffectiveConfiguration(flags: ServeFlags.parse(arguments), environment: environment)
            return []
        } catch let error as ConfigurationFaults {
            return error.description.split(separator: "\n").map {
                String($0.replacing(folder.path(of: ""), with: ""))
            }
        }
    }

    @Test func `every setting has a flag, and every flag a setting`() {
        let ofFlags = Set(ServeFlags.settings.values.map(\.name))
        let limits = TenantLimits.fields.map { "tenantLimit.\($0.name)" }
        #expect(ofFlags.union(limits) == Set(Setting.all.map(\.name)))
        #expect(ofFlags.isDisjoint(with: limits))
        let help = ServeFlags.helpMessage()
        for setting in Setting.all where !limits.contains(setting.name) {
            #expect(help.contains("--\(setting.flag)"), "\(setting.name)")
        }
    }

    @Test func `without anything it is the server's defaults`() throws {
        let effective = try effective()
        #expect(effective.origins.isEmpty)
        #expect(effective.server.tenant == Configuration().tenant)
        #expect(effective.server.session == Configuration().session)
        #expect(effective.server.listen == Configuration().listen)
        #expect(effective.server.tokens == Configuration().tokens)
    }

    @Test func `a flag comes before a variable, and that before the file`() throws {
        let path = try file("loops: 1\nwriterThreads: 11\nreaderThreads: 21\n")
        let effective = try effective(
            "--config", path, "--loops", "3",
            environment: ["DOSQL_LOOPS": "2", "DOSQL_WRITER_THREADS": "12", "DOSQL_READER_THREADS": ""])
        #expect(effective.server.loops == 3 && effective.server.writerThreads == 12)
        #expect(effective.server.readerThreads == 21)
        #expect(effective.origins["loops"] == .flag("loops"))
        #expect(effective.origins["writerThreads"] == .environment("DOSQL_WRITER_THREADS"))
        #expect(effective.origins["readerThreads"] == .file(path, line: 3))
    }

    /// Each setting by each way in, with a value that is not its default.
    @Test(arguments: Setting.all.map(\.name)) func `every setting can be set in all three ways`(_ name: String) throws {
        let setting = Setting.named(name)
        let other: SettingValue =
            switch setting.kind {
            case .text: .text("some")
            case .texts(let what): what.hasPrefix("alg") ? .texts(["ES256:a:b"]) : .texts(["unix:/tmp/a"])
            case .truth: .truth(setting.get(ServeConfiguration()) != .truth(true))
            case .choice(let words): .text(words.first { setting.get(ServeConfiguration()) != .text($0) } ?? "")
            case .number(let unit, let range): .number(range.lowerBound + (unit == .bytes ? 1024 : 7))
            }
        let fileValue = setting.key.reversed().reduce(other.yaml) { "{\($1): \($0)}" }
        let path = try file(fileValue)
        let variable = "DOSQL_" + setting.flag.replacing("-", with: "_").uppercased()
        let flag =
            if setting.key[0] == "tenantLimit" {
                ["--tenant-limit", "\(setting.key[1])=\(other.plain)"]
            } else if case .truth(let isTrue) = other {
                [isTrue ? "--\(setting.flag)" : "--no-\(setting.flag)"]
            } else {
                ["--\(setting.flag)", other.plain]
            }
        // A limit's variable is named after the limit.
        let variables = setting.key[0] == "tenantLimit" ? [Self.limitVariable(setting.key[1])] : [variable]
        for (flags, environment) in [
            (["--config", path], [:]), (flag, [:]),
            ([], Dictionary(uniqueKeysWithValues: variables.map { ($0, other.plain) })),
        ] {
            var values: ServeConfiguration?
            do {
                values = try EffectiveConfiguration(
                    flags: ServeFlags.parse(flags), environment: environment, readsFiles: false
                ).values
            } catch let faults as ConfigurationFaults {
                // Some need another one beside them; then they were read all the same.
                #expect(
                    faults.all.allSatisfy {
                        $0.text.contains("need") || $0.text.contains("no use without") || $0.text.contains("://")
                            || $0.text.contains("domain") || $0.text.contains("16777216")
                    }, "\(faults)")
                continue
            }
            #expect(values.flatMap(setting.get) == other, "\(flags) \(environment)")
        }
    }

    private static func limitVariable(_ name: String) -> String {
        var words = ""
        for letter in name {
            if letter.isUppercase { words += "_" }
            words += letter.uppercased()
        }
        return "DOSQL_TENANT_LIMIT_\(words)"
    }

    @Test func `every fault is told at once, with its place`() throws {
        let path = try file(
            """
            listen: [127.0.0.1:1, nowhere]
            writer-threads: 4
            writerThreads: four
            tls:
              certifcate: x
              key: /nowhere/key.pem
            transaction: {idle: 10x}
            readerThreads: [1, 2]
            log:
              level: verbos
            loops:
            data: {a: 1}
            cors: yes
            """)
        let faults = try faults(
            "--config", path, "--max-tenants", "0", "--tenant-limit", "tenantRateMx=1", "--tenant-limit",
            "tenantRateMax",
            environment: ["DOSQL_LOOPS": "-1", "DOSQL_WRITER_THREDS": "2", "DOSQL_TOKEN": "a", "DOSQL_URL": "b"])
        let expected = [
            "dosql.yaml:1: listen nowhere: ",
            "dosql.yaml:2: there is no key 'writer-threads'; did you mean 'writerThreads'?",
            "dosql.yaml:3: writerThreads is a whole number, not 'four'",
            "dosql.yaml:5: there is no key 'tls.certifcate'; did you mean 'tls.certificate'?",
            "dosql.yaml:6: a key needs its certificate", "dosql.yaml:7: transaction.idle is a whole number (of ms)",
            "dosql.yaml:8: readerThreads is one value, not a list", "dosql.yaml:10: log.level is ",
            "dosql.yaml:11: loops has no value", "dosql.yaml:12: data has no keys of its own",
            "dosql.yaml:13: cors has keys of its own: origin, credentials",
            "--tenant-limit: a tenant has no limit 'tenantRateMx' of its own; did you mean 'tenantRateMax'?",
            "--tenant-limit: it is NAME=VALUE", "DOSQL_LOOPS: loops is 0 to 256 (loops), not -1",
            "--max-tenants: maxTenants is at least 1 (tenants), not 0",
            "DOSQL_WRITER_THREDS: nobody reads this variable; did you mean 'DOSQL_WRITER_THREADS'?",
        ]
        #expect(faults.count == expected.count, "\(faults)")
        for (fault, start) in zip(faults, expected) { #expect(fault.hasPrefix(start), "\(fault) — \(start)") }
    }

    @Test func `what does not fit together has a place too`() throws {
        let path = try file("loops: 2\nlisten: 0.0.0.0:3775\ntokens: /nowhere/keys.json\nmigrations: /nowhere\n")
        let missing = try faults("--config", path)
        #expect(missing.count == 2)
        #expect(missing[0].hasPrefix("dosql.yaml:3: /nowhere/keys.json: "))
        #expect(missing[1].hasPrefix("dosql.yaml:4: cannot read the migrations folder /nowhere"))
        let open = try faults("--config", try file("listen: 0.0.0.0:3775"))
        #expect(open.count == 1 && open[0].hasPrefix("dosql.yaml:1: other machines can reach 0.0.0.0:3775"))
        #expect(try faults("--cors-origin", "*", "--cors-credentials").first?.hasPrefix("--cors-credentials: ") == true)
    }

    @Test func `a file that is none is told with its line`() throws {
        #expect(try faults("--config", folder.path(of: "none")) == ["none: there is no such file"])
        #expect(try faults(environment: ["DOSQL_CONFIG": folder.path(of: "none")]) == ["none: there is no such file"])
        for (text, start) in [
            ("loops: 1\n  data: 2\n", "dosql.yaml:2: this is neither YAML nor JSON: "),
            ("{\"loops\": 1,\n\"loops\": 2}", "dosql.yaml:1: a key is said once, not several times: loops"),
            ("- 1\n", "dosql.yaml:1: the file is not a list of keys"), ("loops: 1\n---\nloops: 2\n", "dosql.yaml:"),
            ("loops: {", "dosql.yaml:"),
        ] {
            let faults = try faults("--config", try file(text))
            #expect(faults.count == 1 && faults[0].hasPrefix(start), "\(text): \(faults)")
        }
        try Data([0xFF, 0xFE, 0x00]).write(to: URL(filePath: folder.path(of: "dosql.yaml")))
        #expect(try faults("--config", folder.path(of: "dosql.yaml")) == ["dosql.yaml: the file is not UTF-8"])
        let long = try file(String(repeating: "#", count: ConfigurationFile.bytesMax + 1))
        #expect(try faults("--config", long).first?.contains("a configuration has at most 1048576 bytes") == true)
        #expect(try faults("--config", try file("# nothing\n")) == [])
    }

    @Test func `JSON is read as well, with tabs and without spaces`() throws {
        let path = try file(
            "{\n\t\"listen\":[\"127.0.0.1:1\",\"unix:/tmp/a b\"],\n\t\"keep\":{\"deletedFor\":\"7d\",\"messages\":5},\"createTenants\":false}",
            named: "dosql.json")
        let effective = try effective("--config", path)
        #expect(effective.server.listen == [.tcp(host: "127.0.0.1", port: 1), .unix(path: "/tmp/a b")])
        #expect(effective.server.administration.deletedKept == 7 * 86_400)
        #expect(effective.server.messagesKept.rowsMax == 5 && !effective.server.createsTenants)
        #expect(effective.origins["keep.messages"] == .file(path, line: 3))
    }

    @Test func `times and sizes may have units, if they come out whole`() throws {
        let effective = try effective(
            "--statement-time", "5s", "--tenant-idle", "2m", "--max-disk", "3GiB", "--cache", "4MiB",
            "--tenant-limit", "databaseBytesMax=10MiB")
        #expect(effective.server.session.statementTimeMax == 5_000_000_000 && effective.server.tenantIdleSeconds == 120)
        #expect(effective.server.diskBytesMax == 3 << 30 && effective.server.cacheKiB == 4096)
        #expect(effective.server.tenant.databaseBytesMax == 10 << 20)
        for wrong in ["1500ms", "1.5s", "5 s", "s", "1w", "+5", "0x10", "99999999999999999d", "５"] {
            #expect(try faults("--tenant-idle=\(wrong)").count == 1, "\(wrong)")
        }
        #expect(try faults("--cache", "65B").count == 1 && faults("--loops", "1s").count == 1)
    }

    @Test func `what is printed is a file that says the same`() throws {
        let first = try effective(
            "--listen", "127.0.0.1:7", "--base-domain", "a\u{2028}\"\\\u{1}é.example", "--tenant-limit",
            "tenantRateMax=9",
            "--keep-events", "3", "--no-create-tenants", "--statement-time", "5s", "--synchronous", "normal")
        let listing = ConfigurationListing(configuration: first).description
        #expect(listing.contains("statementTime: 5000 # --statement-time"))
        #expect(listing.contains("  statementTimeMax: 5000 # --statement-time"))
        #expect(listing.contains("# migrations is not set"))
        let path = try file(listing)
        let second = try effective("--config", path)
        for setting in Setting.all {
            #expect(setting.get(first.values) == setting.get(second.values), "\(setting.name)")
        }
    }

    @Test func `the command prints it, or ends with 1; serve with 2`() throws {
        let path = try file("loops: 1\nkeep: {messages: 4}\n")
        let good = try CommandRun(["config", "check", "--config", path], environment: ["DOSQL_WRITER_THREADS": "3"])
        #expect(good.status == 0 && good.errors == "")
        #expect(good.output.contains("loops: 1 # \(path):1\n"))
        #expect(good.output.contains("writerThreads: 3 # DOSQL_WRITER_THREADS\n"))
        #expect(
            good.output.contains("  messages: 4 # \(path):2\n") && good.output.contains("readerThreads: 4 # default\n"))
        let wrong = try file("loops: x\nreaderThread: 1\n")
        for (command, status) in [(["config", "check"], 1), (["serve"], 2)] as [([String], Int32)] {
            let run = try CommandRun(command + ["--config", wrong])
            #expect(run.status == status && run.output == "")
            #expect(run.errors.contains("\(wrong):1: loops is a whole number, not 'x'\n"))
            #expect(run.errors.contains("\(wrong):2: there is no key 'readerThread'; did you mean 'readerThreads'?\n"))
        }
    }
}
