import Testing

@testable import DoSQLAccess

/// Grants as JSON (`protocol/authentication.md`, Grants).
@Suite struct GrantTests {
    private func grants(_ json: String) throws -> [Grant] {
        try Grant.list(try JSONParser.parse(Array(json.utf8)), member: "dosql")
    }

    @Test func `one grant or a list of them`() throws {
        let acme = Grant(tenants: [try #require(TenantPattern("acme"))], rights: [.read, .write])
        #expect(try grants(#"{"tenants":["acme"],"rights":["read","write"]}"#) == [acme])
        #expect(try grants(#"[{"tenants":["acme"],"rights":["write","read","read"]}]"#) == [acme])
        #expect(try grants("[]").isEmpty)
    }

    @Test func `tables narrow`() throws {
        let read = try grants(
            #"{"tenants":["*"],"rights":["read","write","create"],"tables":{"users":["read"],"log_*":["write"]}}"#)
        #expect(
            read == [
                Grant(
                    tenants: [.every], rights: [.read, .write, .create],
                    tables: [
                        try #require(TableGrant(table: "log_*", rights: .write)),
                        try #require(TableGrant(table: "users", rights: .read)),
                    ])
            ])
    }

    @Test(arguments: [
        (#"{"tenants":["acme"],"rights":["read","wirte"]}"#, GrantFault.unknownRight("wirte")),
        (#"{"tenants":["acme"],"rights":["Read"]}"#, .unknownRight("Read")),
        (#"{"tenants":["acme"],"rights":["read"],"columns":["a"]}"#, .unknownMember("columns")),
        (#"{"tenants":["acme"],"rights":["read"],"Tables":{}}"#, .unknownMember("Tables")),
        (#"{"tenants":["acme"]}"#, .missingMember("rights")),
        (#"{"rights":["read"]}"#, .missingMember("tenants")),
        (#"{"tenants":"acme","rights":["read"]}"#, .type(member: "tenants", expected: "a list of texts")),
        (#"{"tenants":["acme"],"rights":"read"}"#, .type(member: "rights", expected: "a list of texts")),
        (#"{"tenants":[1],"rights":["read"]}"#, .type(member: "tenants", expected: "a list of texts")),
        (#"{"tenants":["acme"],"rights":[null]}"#, .type(member: "rights", expected: "a list of texts")),
        (#"{"tenants":["ac me"],"rights":["read"]}"#, .tenantPattern("ac me")),
        (#"{"tenants":["ä"],"rights":["read"]}"#, .tenantPattern("ä")),
        (#"{"tenants":[""],"rights":["read"]}"#, .tenantPattern("")),
        (#"{"tenants":["a"],"rights":["read"],"tables":null}"#, .type(member: "tables", expected: "an object")),
        (#"{"tenants":["a"],"rights":["read"],"tables":["t"]}"#, .type(member: "tables", expected: "an object")),
        (#"{"tenants":["a"],"rights":["read"],"tables":{"t":["write"]}}"#, .tableRight("write")),
        (#"{"tenants":["a"],"rights":["read","publish"],"tables":{"t":["publish"]}}"#, .tableRight("publish")),
        (#"{"tenants":["a"],"rights":["read"],"tables":{"":["read"]}}"#, .tableName("")),
        (#"{"tenants":["a"],"rights":["read","schema"],"tables":{"t":["read"]}}"#, .rightBeyondTables("schema")),
        (#"{"tenants":["a"],"rights":["read","admin"],"tables":{}}"#, .rightBeyondTables("admin")),
        (#"null"#, .type(member: "dosql", expected: "a grant or a list of grants")),
        (#""*""#, .type(member: "dosql", expected: "a grant or a list of grants")),
        (#"["read"]"#, .type(member: "dosql", expected: "a grant or a list of grants")),
        (#"[{"tenants":["a"],"rights":["read"]},{"tenants":["b"],"rights":["x"]}]"#, .unknownRight("x")),
    ])
    func `what is not understood refuses all of it`(_ json: String, _ fault: GrantFault) {
        #expect(throws: fault) { try grants(json) }
    }

    @Test func `a fault shows little of what somebody else wrote`() {
        let fault = GrantFault.unknownRight("a\n\u{1B}[31m" + String(repeating: "x", count: 10_000))
        #expect(fault.description.utf8.count < 200)
        #expect(!fault.description.contains("\n") && !fault.description.contains("\u{1B}"))
    }

    @Test func `what is written is read again`() throws {
        for json in [
            #"{"tenants": ["acme", "a-*"], "rights": ["read"]}"#,
            #"{"tenants": [], "rights": [], "tables": {"a\"b": []}}"#,
            #"{"tenants": ["*"], "rights": ["read", "write"], "tables": {"a": ["read"], "b": ["read", "write"]}}"#,
        ] {
            let grant = try #require(try grants(json).first)
            #expect(grant.json == json)
        }
    }

    @Test func `a table that is listed twice is written once`() throws {
        let twice = Grant(
            tenants: [.every], rights: [.read, .write],
            tables: [
                try #require(TableGrant(table: "t", rights: .read)),
                try #require(TableGrant(table: "t", rights: .write)),
            ])
        #expect(
            twice.json == #"{"tenants": ["*"], "rights": ["read", "write"], "tables": {"t": ["read", "write"]}}"#)
    }
}
