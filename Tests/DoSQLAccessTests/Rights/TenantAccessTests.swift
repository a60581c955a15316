import DoSQLAccess
import Testing

@Suite struct TenantAccessTests {
    private func access(_ grants: Grant...) -> Access {
        Access(subject: "", tokenID: "t", expiresAt: nil, grants: grants)
    }

    private func grant(_ tenants: String..., rights: Rights, tables: [String: Rights]? = nil) -> Grant {
        Grant(
            tenants: tenants.compactMap(TenantPattern.init), rights: rights,
            tables: tables?.compactMap { TableGrant(table: $0.key, rights: $0.value) })
    }

    @Test func `a grant is for the tenants it names, and no others`() {
        let access = access(grant("acme", "acme-*", rights: .read))
        #expect(access.access(to: "acme")?.rights == .read)
        #expect(access.access(to: "acme-eu")?.rights == .read)
        #expect(access.access(to: "acme2") == nil)
        #expect(access.access(to: "ACME") == nil)
    }

    @Test func `no grants, no tenants or no rights are no access`() {
        #expect(access().access(to: "acme") == nil)
        #expect(access(grant(rights: .all)).access(to: "acme") == nil)
        #expect(access(grant("acme", rights: [])).access(to: "acme") == nil)
        #expect(access(grant("acme", rights: .read, tables: [:])).access(to: "acme") == nil)
    }

    @Test func `grants add up`() throws {
        let access = access(
            grant("*", rights: .read), grant("acme", rights: [.write, .publish]), grant("other", rights: .admin))
        let acme = try #require(access.access(to: "acme"))
        #expect(acme.rights == [.read, .write, .publish])
        #expect(!acme.isLimitedToTables)
        #expect(acme.mayRead("anything") && acme.mayWrite("anything"))
    }

    @Test func `listed tables narrow read and write, and nothing else`() throws {
        let limited = try #require(
            access(
                grant("acme", rights: [.read, .write, .subscribe], tables: ["users": .read, "log_*": .write])
            ).access(to: "acme"))
        #expect(limited.rights == [.read, .write, .subscribe])
        #expect(limited.isLimitedToTables)
        #expect(limited.mayRead("users") && limited.mayRead("USERS"))
        #expect(!limited.mayWrite("users"))
        #expect(limited.mayWrite("log_1") && !limited.mayRead("log_1"))
        #expect(!limited.mayRead("secrets") && !limited.mayRead("sqlite_schema"))
    }

    @Test func `what a table lists beyond its grant is not granted`() throws {
        let limited = try #require(
            access(grant("acme", rights: .read, tables: ["users": [.read, .write]])).access(to: "acme"))
        #expect(limited.rights == .read)
        #expect(!limited.mayWrite("users"))
    }

    @Test func `one grant without tables lifts the limits of its rights`() throws {
        let both = try #require(
            access(
                grant("acme", rights: [.read, .write], tables: ["users": [.read, .write]]), grant("*", rights: .read)
            )
            .access(to: "acme"))
        #expect(both.mayRead("anything"))
        #expect(both.mayWrite("users") && !both.mayWrite("anything"))
        #expect(both.isLimitedToTables)
    }

    @Test func `a right that is nowhere is on no table`() throws {
        let writer = try #require(access(grant("acme", rights: .publish)).access(to: "acme"))
        #expect(!writer.isLimitedToTables)
        #expect(!writer.mayRead("users") && !writer.mayWrite("users"))
    }

    @Test func `everywhere is by the pattern of every tenant only`() {
        #expect(access(grant("*", rights: .admin)).holdsEverywhere(.admin))
        #expect(access(grant("*", rights: .read), grant("*", rights: .admin)).holdsEverywhere([.read, .admin]))
        #expect(!access(grant("a*", rights: .admin)).holdsEverywhere(.admin))
        #expect(!access(grant("acme", "b", rights: .admin)).holdsEverywhere(.admin))
        #expect(!access(grant("*", rights: .read)).holdsEverywhere(.admin))
    }

    @Test func `somewhere is by any tenant`() {
        #expect(access(grant("acme", rights: [.admin, .read])).holdsSomewhere(.admin))
        #expect(!access(grant("acme", rights: .read)).holdsSomewhere(.admin))
        #expect(!access(grant(rights: .admin)).holdsSomewhere(.admin))
    }

    @Test func `a server without tokens lets everybody do everything`() throws {
        let all = try #require(Access.everything.access(to: "acme"))
        #expect(all == .everything)
        #expect(all.rights == .all && !all.isLimitedToTables)
        #expect(Access.everything.holdsEverywhere(.all))
        #expect(!Access.everything.isExpired(at: .max))
    }
}
