import ArgumentParser
import DoSQLAccess
import DoSQLLoop

/// `dosql token create`: a new API key.
struct TokenCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an API key. It is printed once, and only its hash is kept.",
        discussion: """
            The key alone goes to standard output. It may do what --tenant, --right and --table say, or, for several grants, what --grants says: JSON as \
            protocol/authentication.md has it.

            Rights: read, write, schema, publish, subscribe, admin, create. None implies another. With --table read and write hold on these tables only.

            Examples:
              dosql token create --tokens keys.json --name app --tenant 'app-*' --right read,write,schema,create
              dosql token create --tokens keys.json --name report --tenant acme --right read --table orders=read --expires 30d
            """)

    @Option(help: ArgumentHelp("The file of API keys; made if it is not there.", valueName: "file"))
    var tokens: String

    @Option(help: "What people call the key; in lists and logs.")
    var name: String

    @Option(help: ArgumentHelp("A tenant, or a pattern with *; may be given several times.", valueName: "pattern"))
    var tenant: [String] = []

    @Option(help: ArgumentHelp("Rights, with commas between them; may be given several times.", valueName: "rights"))
    var right: [String] = []

    @Option(
        help: ArgumentHelp(
            "A table, or a pattern with *, and read, write or both; may be given several times.",
            valueName: "table=rights"))
    var table: [String] = []

    @Option(help: ArgumentHelp("A grant, or a list of grants, instead of the three above.", valueName: "json"))
    var grants: String?

    @Option(
        help: ArgumentHelp(
            "When it ends: in so many minutes, hours or days (90m, 12h, 30d), or at 2027-01-31T12:00:00Z. Without it never.",
            valueName: "time"))
    var expires: String?

    func validate() throws {
        _ = try granted()
        if let expires { _ = try Expiry(expires, from: UInt64(max(WallClock.milliseconds(), 0))) }
        guard !name.isEmpty, name.utf8.count <= 256, name.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw ValidationError("--name has 1 to 256 bytes on one line")
        }
    }

    func run() throws {
        let now = UInt64(max(WallClock.milliseconds(), 0))
        let end = try expires.map { try Expiry($0, from: now).milliseconds }
        let edit = try FileEdit(tokens)
        var file = try edit.exists ? KeyFile(path: tokens) : KeyFile()
        let key = APIKey()
        file.add(KeyRecord(of: key, name: name, created: now, expires: end, grants: try granted()))
        try edit.replace(with: Array(file.text.utf8))
        Output.line(key.text)
        Output.errorLine("key \(key.id) is in \(tokens); it is shown this once")
    }

    /// What the key may do.
    func granted() throws -> [Grant] {
        if let grants {
            guard tenant.isEmpty, right.isEmpty, table.isEmpty else {
                throw ValidationError("--grants stands instead of --tenant, --right and --table")
            }
            do {
                return try Grant.list(parsing: grants)
            } catch {
                throw ValidationError("--grants: \(error.description)")
            }
        }
        guard !tenant.isEmpty, !right.isEmpty else {
            throw ValidationError("a key needs --tenant and --right, or --grants")
        }
        let patterns = try tenant.map { text in
            guard let pattern = TenantPattern(text) else {
                throw ValidationError("--tenant \(text): \(GrantFault.tenantPattern(text).description)")
            }
            return pattern
        }
        let rights = try right.reduce(into: Rights()) { $0.formUnion(try Self.rights($1, of: "--right")) }
        guard !table.isEmpty else { return [Grant(tenants: patterns, rights: rights)] }
        if let beyond = rights.intersection([.schema, .admin]).names.first {
            throw ValidationError("--table: \(GrantFault.rightBeyondTables(beyond).description)")
        }
        return [Grant(tenants: patterns, rights: rights, tables: try table.map { try Self.table($0, within: rights) })]
    }

    private static func table(_ text: String, within rights: Rights) throws -> TableGrant {
        // The name may have an = in it, the rights have none.
        guard let sign = text.lastIndex(of: "=") else {
            throw ValidationError("--table is TABLE=RIGHTS, not '\(text)'")
        }
        let listed = try Self.rights(String(text[text.index(after: sign)...]), of: "--table \(text)")
        if let beyond = listed.subtracting(rights.intersection(.ofTables)).names.first {
            throw ValidationError("--table \(text): \(GrantFault.tableRight(beyond).description)")
        }
        let name = String(text[..<sign])
        guard let table = TableGrant(table: name, rights: listed) else {
            throw ValidationError("--table \(text): \(GrantFault.tableName(name).description)")
        }
        return table
    }

    private static func rights(_ text: String, of option: String) throws -> Rights {
        var rights: Rights = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let right = Rights(name: String(name)) else {
                let known = Rights.all.names.joined(separator: ", ")
                throw ValidationError("\(option): '\(name)' is not a right; there are \(known)")
            }
            rights.formUnion(right)
        }
        return rights
    }
}
