import ArgumentParser
import DoSQLClient
import DoSQLEngine
import DoSQLServer
import FoundationEssentials
import NIOHTTP1

/// `dosql tenants`: what an operator does with tenants of a running server.
struct TenantsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants",
        abstract: "List, create, delete, back up and restore tenants of a running server.",
        discussion: """
            Examples:
              dosql tenants list dosql://127.0.0.1
              dosql tenants backup dosql://127.0.0.1 acme acme.sqlite
              dosql tenants restore https://db.example.com acme acme.sqlite
              dosql tenants delete dosql://127.0.0.1 acme
              dosql tenants list --deleted dosql://127.0.0.1
              dosql tenants limits dosql://127.0.0.1 acme --set databaseBytesMax=1GiB --reset tenantRateMax
            """,
        subcommands: [
            List.self, Create.self, Delete.self, Undelete.self, Purge.self, Rename.self, Stats.self, Backup.self,
            Restore.self, Retention.self, TenantLimitsCommand.self, Vacuum.self, Optimize.self, Check.self,
        ])
}

/// A command about one tenant.
struct TenantArgument: ParsableArguments {
    @Argument(help: "The tenant.")
    var tenant: String
}

extension TenantsCommand {
    /// `dosql tenants list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List tenants, or what was deleted.")

        @OptionGroup var server: AdministrationOptions

        @Option(help: "Only names that begin so.")
        var prefix = ""

        @Flag(help: "What was deleted or replaced and can be brought back.")
        var deleted = false

        func run() async throws {
            let client = try server.client()
            var rows: [[DoSQLValue]] = []
            var after = ""
            while true {
                let query = [("limit", "1000"), ("after", after)]
                if deleted {
                    let page = try await client.get(DeletedListing.self, .GET, ["deleted"], query: query)
                    if server.json { try Output.write(page.bytes + [0x0A]) }
                    rows += page.value.deleted.map {
                        [.text($0.id), .text($0.name), .text($0.reason), .text($0.purgeAt), .integer($0.bytes)]
                    }
                    guard page.value.more, let last = page.value.deleted.last else { break }
                    after = last.id
                } else {
                    let page = try await client.get(
                        TenantListing.self, .GET, ["tenants"], query: query + [("prefix", prefix)])
                    if server.json { try Output.write(page.bytes + [0x0A]) }
                    rows += page.value.tenants.map {
                        [.text($0.name), .integer($0.bytes), .text($0.state), .text($0.lastUsed)]
                    }
                    guard page.value.more, let last = page.value.tenants.last else { break }
                    after = last.name
                }
            }
            guard !server.json else { return }
            let columns =
                deleted ? ["id", "tenant", "reason", "purged_at", "bytes"] : ["tenant", "bytes", "state", "last_used"]
            try TenantsCommand.print(columns, rows)
        }
    }

    /// `dosql tenants create`
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a tenant.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument

        func run() async throws {
            let body = try TenantsCommand.json(["name": of.tenant])
            let answer = try await server.client().get(TenantReport.self, .POST, ["tenants"], body: body)
            try TenantsCommand.tell(answer.bytes, server, "\(answer.value.name) is made")
        }
    }

    /// `dosql tenants delete`
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a tenant.",
            discussion:
                "It is gone at once, and can be brought back by 'dosql tenants undelete' for as long as the server keeps it."
        )
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument

        func run() async throws {
            let answer = try await server.client().get(DeletedListing.Entry.self, .DELETE, ["tenants", of.tenant])
            try TenantsCommand.tell(
                answer.bytes, server,
                "\(answer.value.name) is deleted; until \(answer.value.purgeAt) it can be brought back by its id:",
                answer.value.id)
        }
    }

    /// `dosql tenants undelete`
    struct Undelete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring back what was deleted or replaced.")
        @OptionGroup var server: AdministrationOptions
        @Argument(help: "The id, as 'dosql tenants list --deleted' tells it.") var id: String
        @Option(help: "The name it gets. Default: the one it had.") var name: String?

        private struct Answer: Decodable { let name: String }

        func run() async throws {
            let body = try name.map { try TenantsCommand.json(["name": $0]) }
            let answer = try await server.client().get(Answer.self, .POST, ["deleted", id, "restore"], body: body)
            try TenantsCommand.tell(answer.bytes, server, "\(answer.value.name) is back")
        }
    }

    /// `dosql tenants purge`
    struct Purge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove what was deleted for good.")
        @OptionGroup var server: AdministrationOptions
        @Argument(help: "The id, as 'dosql tenants list --deleted' tells it.") var id: String

        func run() async throws {
            let answer = try await server.client().ask(.DELETE, ["deleted", id])
            try TenantsCommand.tell(answer, server, "\(id) is gone for good")
        }
    }

    /// `dosql tenants rename`
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a tenant another name.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument
        @Argument(help: "The new name.") var to: String

        func run() async throws {
            let body = try TenantsCommand.json(["to": to])
            let answer = try await server.client().ask(.POST, ["tenants", of.tenant, "rename"], body: body)
            try TenantsCommand.tell(answer, server, "\(of.tenant) is \(to) now")
        }
    }

    /// `dosql tenants stats`
    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is known of a tenant, and the statements that took most time.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument
        @Option(help: "Statements that are shown.") var statements = 20

        func run() async throws {
            let answer = try await server.client().get(
                TenantReport.self, .GET, ["tenants", of.tenant], query: [("statements", "\(statements)")])
            if server.json { return try Output.write(answer.bytes + [0x0A]) }
            let report = answer.value
            let figures: [(String, DoSQLValue)] = [
                ("tenant", .text(report.name)), ("state", .text(report.state)), ("bytes", .integer(report.bytes)),
                ("file bytes", .integer(report.fileBytes)), ("log bytes", .integer(report.walBytes)),
                ("pages", .integer(Int64(report.pages))), ("free pages", .integer(Int64(report.freePages))),
                ("page size", .integer(Int64(report.pageSize))), ("lsn", .integer(Int64(clamping: report.lsn))),
                ("incarnation", .text(report.incarnation)), ("readers", .integer(Int64(report.readers))),
                ("queue", .integer(Int64(report.queue))), ("changes", .integer(Int64(clamping: report.changes))),
            ]
            try TenantsCommand.print(["figure", "value"], figures.map { [.text($0.0), $0.1] })
            try TenantsCommand.print(
                ["count", "total_ms", "mean_ms", "max_ms", "rows", "sql"],
                report.statements.map {
                    [
                        .integer(Int64(clamping: $0.count)), .real($0.totalMs.thousandths),
                        .real($0.meanMs.thousandths),
                        .real($0.maxMs.thousandths), .integer(Int64(clamping: $0.rows)), .text($0.sql),
                    ]
                })
        }
    }

    /// `dosql tenants backup`
    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy a tenant into a file, as it is at this moment.",
            discussion:
                "The file is a SQLite database that every SQLite opens. It has its name only when it is complete.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument
        @Argument(help: "The file.") var file: String
        @Flag(help: "Replace the file if it is there.") var force = false

        func run() async throws {
            guard force || FileSystem.facts(of: file) == nil else {
                throw CommandError("\(file) is there already; --force replaces it")
            }
            let client = try server.client()
            let part = file + ".part"
            try? FileManager.default.removeItem(atPath: part)
            do {
                let bytes = try await client.download(["tenants", of.tenant, "backup"], to: part)
                try FileSystem.rename(part, to: file)
                try TenantsCommand.tell(
                    Array(#"{"bytes":\#(bytes)}"#.utf8), server, "\(file) has \(bytes) bytes")
            } catch {
                try? FileManager.default.removeItem(atPath: part)
                throw error is FileSystem.Failure ? CommandError("\(error)") : error
            }
        }
    }

    /// `dosql tenants restore`
    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a SQLite file in a tenant's place.",
            discussion: """
                The server checks the file before anything changes. What was there is kept for a time: 'dosql tenants undelete' brings it back under \
                another name. A file in WAL mode is sent without its log: send a backup, or one that was checkpointed.
                """)
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument
        @Argument(help: "The file.") var file: String

        func run() async throws {
            let answer = try await server.client().upload(["tenants", of.tenant, "restore"], from: file)
            guard let report = try? JSONDecoder().decode(RestoreReport.self, from: Data(answer)) else {
                throw CommandError("the server's answer is not what was expected")
            }
            if let replaced = report.replaced {
                try TenantsCommand.tell(
                    answer, server, "\(report.name) is restored; what was there can be brought back by its id:",
                    replaced)
            } else {
                try TenantsCommand.tell(answer, server, "\(report.name) is restored")
            }
        }
    }

    /// `dosql tenants retention`
    struct Retention: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or set how much of its messages and events a tenant keeps.",
            discussion:
                "Without options it shows that. With any, it sets both feeds: one that no option names is kept as the server is configured."
        )
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument
        @Option(help: ArgumentHelp("Messages that are kept.", valueName: "rows")) var messages: Int?
        @Option(help: ArgumentHelp("Seconds for which messages are kept.", valueName: "seconds")) var messagesFor: Int?
        @Option(help: ArgumentHelp("Events that are kept.", valueName: "rows")) var events: Int?
        @Option(help: ArgumentHelp("Seconds for which events are kept.", valueName: "seconds")) var eventsFor: Int?
        @Flag(help: "Keep both as the server is configured.") var reset = false

        func run() async throws {
            var body: String?
            if reset || [messages, messagesFor, events, eventsFor].contains(where: { $0 != nil }) {
                let bounds = { (rows: Int?, seconds: Int?) -> RetentionSettings.Bounds? in
                    rows == nil && seconds == nil ? nil : RetentionSettings.Bounds(rows: rows, seconds: seconds)
                }
                let settings = RetentionSettings(
                    messages: bounds(messages, messagesFor), events: bounds(events, eventsFor))
                body = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
            }
            let answer = try await server.client().get(
                RetentionSettings.self, body == nil ? .GET : .PUT, ["tenants", of.tenant, "retention"], body: body)
            if server.json { return try Output.write(answer.bytes + [0x0A]) }
            let rows = [("messages", answer.value.messages), ("events", answer.value.events)].map {
                feed, kept -> [DoSQLValue] in
                guard let kept else { return [.text(feed), .text("as configured"), .text("as configured")] }
                return [
                    .text(feed), kept.rows.map { .integer(Int64($0)) } ?? .text("all"),
                    kept.seconds.map { .integer(Int64($0)) } ?? .text("for ever"),
                ]
            }
            try TenantsCommand.print(["feed", "rows", "seconds"], rows)
        }
    }

    /// `dosql tenants vacuum`
    struct Vacuum: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Rewrite a tenant's file without its free pages.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument

        func run() async throws {
            let answer = try await server.client().get(VacuumReport.self, .POST, ["tenants", of.tenant, "vacuum"])
            try TenantsCommand.tell(
                answer.bytes, server,
                "\(of.tenant) had \(answer.value.bytesBefore) bytes and has \(answer.value.bytesAfter)")
        }
    }

    /// `dosql tenants optimize`
    struct Optimize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let SQLite gather what its planner wants to know.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument

        func run() async throws {
            let answer = try await server.client().ask(.POST, ["tenants", of.tenant, "optimize"])
            try TenantsCommand.tell(answer, server, "\(of.tenant) is optimized")
        }
    }

    /// `dosql tenants check`
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look for damage in a tenant's file.", discussion: "Exit status 1 if there is any.")
        @OptionGroup var server: AdministrationOptions
        @OptionGroup var of: TenantArgument

        func run() async throws {
            let answer = try await server.client().get(CheckReport.self, .POST, ["tenants", of.tenant, "check"])
            let report = answer.value
            try TenantsCommand.tell(
                answer.bytes, server, report.ok ? "\(of.tenant) is sound" : "\(of.tenant) is not sound")
            if !server.json {
                for problem in report.problems { Output.line(DisplayText.escaped(problem)) }
                for row in report.foreignKeys {
                    let place = row.rowid.map { "row \($0)" } ?? "a row"
                    Output.line(
                        DisplayText.escaped(
                            "\(place) of \(row.table) refers to no row of \(row.parent) (foreign key \(row.constraint))"
                        ))
                }
            }
            if !report.ok { throw ExitCode(1) }
        }
    }
}

extension TenantsCommand {
    /// Rows as a table.
    static func print(_ columns: [String], _ rows: [[DoSQLValue]]) throws {
        var writer = TableWriter()
        var output: [UInt8] = []
        writer.begin(columns, into: &output)
        for row in rows { writer.row(row, into: &output) }
        writer.end(into: &output)
        try Output.write(output)
    }

    /// What was done: the server's answer if that is wanted, else a sentence on standard error and what scripts want to
    /// go on with on standard output.
    static func tell(_ answer: [UInt8], _ options: AdministrationOptions, _ sentence: String, _ result: String? = nil)
        throws
    {
        if options.json { return try Output.write(answer + [0x0A]) }
        Output.errorLine(DisplayText.escaped(sentence))
        if let result { Output.line(result) }
    }

    /// An object of names.
    static func json(_ members: [String: String]) throws -> String {
        String(decoding: try JSONEncoder().encode(members), as: UTF8.self)
    }
}

extension Double {
    /// Rounded to three places.
    fileprivate var thousandths: Double { (self * 1000).rounded() / 1000 }
}
