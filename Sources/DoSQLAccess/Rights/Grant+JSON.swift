extension Grant {
    /// Reads a text of JSON: one grant, or a list of them (`protocol/authentication.md`, Grants).
    public static func list(parsing text: String) throws(GrantFault) -> [Grant] {
        let json: JSONValue
        do {
            json = try JSONParser.parse(Array(text.utf8))
        } catch {
            throw .syntax(error.description)
        }
        return try list(json, member: "grants")
    }

    /// Reads what a `dosql` claim, or `grants` in a file of keys, may be: one grant, or a list of them
    /// (`protocol/authentication.md`, Grants).
    static func list(_ json: JSONValue, member: String) throws(GrantFault) -> [Grant] {
        switch json {
        case .object: return [try Grant(json, member: member)]
        case .array(let elements):
            var grants: [Grant] = []
            for element in elements { grants.append(try Grant(element, member: member)) }
            return grants
        default: throw .type(member: member, expected: "a grant or a list of grants")
        }
    }

    private init(_ json: JSONValue, member: String) throws(GrantFault) {
        guard let members = json.object else { throw .type(member: member, expected: "a grant or a list of grants") }
        for name in members.keys.sorted() where !["tenants", "rights", "tables"].contains(name) {
            throw .unknownMember(name)
        }
        guard let tenantsJSON = members["tenants"] else { throw .missingMember("tenants") }
        guard let rightsJSON = members["rights"] else { throw .missingMember("rights") }
        tenants = []
        for text in try Self.texts(tenantsJSON, member: "tenants") {
            guard let pattern = TenantPattern(text) else { throw .tenantPattern(text) }
            tenants.append(pattern)
        }
        rights = try Self.rights(rightsJSON, member: "rights")
        tables = nil
        if let tablesJSON = members["tables"] { tables = try Self.tables(tablesJSON, within: rights) }
    }

    private static func tables(_ json: JSONValue, within rights: Rights) throws(GrantFault) -> [TableGrant] {
        guard let members = json.object else { throw .type(member: "tables", expected: "an object") }
        if let name = rights.intersection([.schema, .admin]).names.first { throw .rightBeyondTables(name) }
        var tables: [TableGrant] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            let granted = try Self.rights(value, member: "tables")
            let beyond = granted.subtracting(rights.intersection(.ofTables))
            if let right = beyond.names.first { throw .tableRight(right) }
            guard let table = TableGrant(table: name, rights: granted) else { throw .tableName(name) }
            tables.append(table)
        }
        return tables
    }

    private static func rights(_ json: JSONValue, member: String) throws(GrantFault) -> Rights {
        var rights: Rights = []
        for name in try texts(json, member: member) {
            guard let right = Rights(name: name) else { throw .unknownRight(name) }
            rights.formUnion(right)
        }
        return rights
    }

    private static func texts(_ json: JSONValue, member: String) throws(GrantFault) -> [String] {
        guard let elements = json.array else { throw .type(member: member, expected: "a list of texts") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw .type(member: member, expected: "a list of texts") }
            texts.append(text)
        }
        return texts
    }
}

extension Grant {
    /// The grant as one line of JSON, which ``list(_:member:)`` reads.
    public var json: String {
        var members = [
            "\"tenants\": \(JSONText.strings(tenants.map(\.description)))",
            "\"rights\": \(JSONText.strings(rights.names))",
        ]
        if let tables {
            // A member stands in an object once, so what was listed twice is put together.
            let listed = Dictionary(tables.map { ($0.table, $0.rights) }, uniquingKeysWith: { $0.union($1) })
                .sorted { $0.key < $1.key }
                .map { "\(JSONText.string($0.key)): \(JSONText.strings($0.value.names))" }
            members.append("\"tables\": {\(listed.joined(separator: ", "))}")
        }
        return "{\(members.joined(separator: ", "))}"
    }
}
