import ArgumentParser
import DoSQLClient
import DoSQLServer
import FoundationEssentials
import NIOHTTP1

/// `dosql tenants limits`
struct TenantLimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Show or set what a tenant may use.",
        discussion: """
            Without options it shows what holds. A value is a whole number in the limit's unit, or has a unit of its own: KiB, MiB, GiB, TiB; \
            ms, s, min, h. It holds for the requests that come after it, and after a restart. To set limits takes the right admin on every tenant.
            """)

    @OptionGroup var server: AdministrationOptions
    @OptionGroup var of: TenantArgument

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("A limit that becomes the tenant's own; may be repeated.", valueName: "name=value"))
    var settings: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A limit that is as for all tenants again; may be repeated.", valueName: "name"))
    var reset: [String] = []

    @Flag(help: "Take back all limits that are the tenant's own, before any is set.")
    var resetAll = false

    func run() async throws {
        let answer = try await server.client().get(
            TenantLimitsReport.self, method, ["tenants", of.tenant, "limits"], body: try body())
        if server.json { return try Output.write(answer.bytes + [0x0A]) }
        try TenantsCommand.print(
            ["limit", "value", "unit", "from", "default", "least", "greatest"],
            answer.value.limits.map {
                [
                    .text($0.name), .integer(Int64($0.value)), .text($0.unit), .text($0.own ? "tenant" : "server"),
                    .integer(Int64($0.default)), .integer(Int64($0.min)), .integer(Int64($0.max)),
                ]
            })
    }

    private var method: HTTPMethod { resetAll ? .PUT : settings.isEmpty && reset.isEmpty ? .GET : .PATCH }

    /// The change as JSON; nil if nothing is to be changed. Everything that is wrong with it is told at once.
    private func body() throws -> String? {
        guard method != .GET else { return nil }
        var values: [String: Int?] = [:]
        var faults: [String] = []
        for name in reset where values.updateValue(nil as Int?, forKey: name) != nil {
            faults.append("\(name) is named twice")
        }
        for setting in settings {
            do throws(LimitSetting.Fault) {
                let setting = try LimitSetting(setting)
                if values.updateValue(setting.value, forKey: setting.name) != nil {
                    faults.append("\(setting.name) is named twice")
                }
            } catch {
                faults.append(error.description)
            }
        }
        guard faults.isEmpty else { throw ValidationError(faults.joined(separator: "; ")) }
        return String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
    }
}
