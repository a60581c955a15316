import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Each operation with exactly the rights it needs, and with each of them missing (`protocol/authentication.md`, rights).
struct RightsTests {
    struct Operation: Sendable, CustomTestStringConvertible {
        let name: String
        let needs: Rights
        /// On stream 1, which is open on a tenant that has a table `t` with a row.
        let run: @Sendable (WireClient) throws -> Void
        var testDescription: String { name }
    }

    static let operations: [Operation] = [
        Operation(name: "QUERY", needs: .read) { try $0.query("SELECT x FROM t") },
        Operation(name: "QUERY of no table", needs: .read) { try $0.query("SELECT 1") },
        Operation(name: "QUERY_ONE", needs: .read) { try $0.queryOne("SELECT x FROM t") },
        Operation(name: "RUN of a SELECT", needs: .read) { try $0.run("SELECT x FROM t") },
        Operation(name: "a long QUERY", needs: .read) {
            try $0.query("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT i, t.x FROM n, t")
        },
        Operation(name: "QUERY of the schema", needs: .read) { try $0.query("SELECT sql FROM sqlite_schema") },
        Operation(name: "a pragma", needs: .read) { try $0.query("PRAGMA table_info(t)") },
        Operation(name: "EXPLAIN of a write", needs: .write) { try $0.query("EXPLAIN DELETE FROM t") },
        Operation(name: "DESCRIBE of a read", needs: .read) { _ = try $0.describe("SELECT x FROM t", withPlan: true) },
        Operation(name: "DESCRIBE of a write", needs: .write) { _ = try $0.describe("DELETE FROM t") },
        Operation(name: "RUN", needs: .write) { try $0.run("INSERT INTO t VALUES (2)") },
        Operation(name: "QUERY that writes", needs: [.read, .write]) {
            try $0.query("INSERT INTO t VALUES (2) RETURNING x")
        },
        Operation(name: "UPDATE … WHERE", needs: [.read, .write]) { try $0.run("UPDATE t SET x = 2 WHERE x = 1") },
        Operation(name: "a pragma that is set", needs: .write) { try $0.run("PRAGMA user_version = 7") },
        Operation(name: "a prepared statement", needs: .write) {
            try $0.prepare(1, "INSERT INTO t VALUES (2)")
            try $0.run(.prepared(1))
        },
        Operation(name: "CREATE TABLE", needs: .schema) { try $0.run("CREATE TABLE u(x)") },
        Operation(name: "CREATE TABLE AS", needs: [.read, .schema]) { try $0.run("CREATE TABLE u AS SELECT * FROM t") },
        Operation(name: "DROP TABLE IF EXISTS", needs: .schema) { try $0.run("DROP TABLE IF EXISTS u") },
        Operation(name: "BATCH that reads", needs: .read) { try $0.batch([BatchStep("SELECT x FROM t")]) },
        Operation(name: "BATCH", needs: [.read, .write]) {
            try $0.batch([BatchStep("INSERT INTO t VALUES (2)"), BatchStep("SELECT x FROM t")])
        },
        Operation(name: "SCRIPT", needs: .write) {
            try $0.script("INSERT INTO t VALUES (2); INSERT INTO t VALUES (3)")
        },
        Operation(name: "SCRIPT with its own transaction", needs: [.write, .schema]) {
            try $0.script("BEGIN; INSERT INTO t VALUES (2); CREATE TABLE u(x); COMMIT")
        },
        Operation(name: "LOAD", needs: .write) { try $0.load("INSERT INTO t VALUES (?)", [[2], [3]]) },
        Operation(name: "MIGRATE", needs: [.schema, .read, .write]) {
            _ = try $0.migrate([("1", "CREATE TABLE u(x)")])
        },
        Operation(name: "MIGRATE, dry", needs: [.schema, .read, .write]) {
            _ = try $0.migrate([("1", "CREATE TABLE u(x)")], isDryRun: true)
        },
        Operation(name: "PUBLISH", needs: .publish) { try $0.publish("1", to: "c") },
        Operation(name: "PUBLISH of an event", needs: .publish) { try $0.publish("1", to: "c", feed: .events) },
        Operation(name: "SUBSCRIBE", needs: .subscribe) { _ = try $0.subscribe(.channel("c")) },
        Operation(name: "BEGIN, read", needs: .read) {
            try $0.begin(.read)
            try $0.query("SELECT x FROM t")
            try $0.commit()
        },
        Operation(name: "a write in a transaction", needs: .write) {
            try $0.begin()
            try $0.run("INSERT INTO t VALUES (2)")
            try $0.commit()
        },
        Operation(name: "DDL in a transaction", needs: .schema) {
            try $0.begin()
            try $0.run("CREATE TABLE u(x)")
            try $0.commit()
        },
        Operation(name: "PUBLISH in a transaction", needs: .publish) {
            try $0.begin()
            try $0.publish("1", to: "c")
            try $0.commit()
        },
        Operation(name: "BATCH and LOAD in a transaction", needs: [.read, .write]) {
            try $0.begin()
            try $0.batch([BatchStep("SELECT x FROM t")])
            try $0.load("INSERT INTO t VALUES (?)", [[2]])
            try $0.commit()
        },
        Operation(name: "something temporary", needs: [.read, .write]) {
            try $0.begin()
            try $0.run("CREATE TEMP TABLE mine AS SELECT x FROM t")
            try $0.query("SELECT x FROM mine")
            try $0.rollback()
        },
        Operation(name: "savepoints", needs: .write) {
            try $0.begin()
            try $0.savepoint(.set, "s")
            try $0.run("INSERT INTO t VALUES (2)")
            try $0.savepoint(.rollbackTo, "s")
            try $0.run("COMMIT")
        },
    ]

    /// Tokens for every set of rights that a test may want.
    private final class Setting {
        let tokens: TestTokens
        let server: TestServer
        let admin: WireClient
        private var made = 0

        init(_ settings: (inout Configuration) -> Void = { _ in }) throws {
            let tokens = try TestTokens()
            let all = try tokens.key(Grant("*", rights: .all))
            server = try TestServer {
                tokens.configure(&$0)
                settings(&$0)
            }
            self.tokens = tokens
            admin = try server.client(token: all)
        }

        /// A client with these rights on a tenant of its own, and the stream on which an administrator has it open.
        func client(_ rights: Rights) throws -> (client: WireClient, stream: UInt16) {
            made += 1
            let tenant = "t\(made)"
            let stream = UInt16(made)
            try admin.open(tenant, stream: stream)
            try admin.run("CREATE TABLE t(x)", stream: stream)
            try admin.run("INSERT INTO t VALUES (1)", stream: stream)
            let rightNames = rights.names.map { "\"\($0)\"" }.joined(separator: ",")
            let token = tokens.jwt(#"{"tenants":["\#(tenant)"],"rights":[\#(rightNames)]}"#)
            return (try server.client(tenant, token: token), stream)
        }
    }

    @Test(arguments: operations) func `an operation needs its rights, and no others`(_ operation: Operation) throws {
        let setting = try Setting()
        try operation.run(try setting.client(operation.needs).client)
        for name in operation.needs.names {
            let missing = try #require(Rights(name: name))
            let (client, stream) = try setting.client(Rights.all.subtracting(missing))
            let error = #expect(throws: ErrorMessage.self) { try operation.run(client) }
            #expect(error?.code == .forbidden, "\(name): \(String(describing: error))")
            #expect(
                error?.message.hasPrefix("the token lacks the right \(name)") == true, "\(error?.message ?? "")")
            #expect(error?.execution == .notExecuted && error?.isFatal == false)
            // Nothing of it has happened, and the connection goes on.
            if client.isInTransaction { try client.rollback() }
            try client.ping()
            let admin = setting.admin
            #expect(try admin.value("SELECT group_concat(x) FROM t", stream: stream) == "1")
            #expect(
                try admin.value(
                    "SELECT group_concat(name) FROM sqlite_schema WHERE name NOT LIKE '\\_\\_dosql%' ESCAPE '\\'",
                    stream: stream) == "t")
            #expect(try admin.value("PRAGMA user_version", stream: stream) == 0)
        }
    }

    @Test func `a tenant is created with the right to, and is looked for only behind a right on it`() throws {
        let setting = try Setting()
        let server = setting.server
        func client(_ rights: String) throws -> WireClient {
            try server.client(token: setting.tokens.jwt(#"{"tenants":["new*"],"rights":[\#(rights)]}"#))
        }
        let reader = try client(#""read""#)
        let refused = try reader.failure(of: try reader.sendOpen("new1"))
        #expect(refused.code == .forbidden && refused.message.contains("the right create"))
        // Who does not want it to be created is told what there is.
        #expect(try reader.failure(of: try reader.sendOpen("new1", mayCreate: false)).code == .tenantNotFound)
        #expect(try !setting.admin.tenants().names.contains("new1"))
        try client(#""create""#).open("new1")
        try reader.open("new1")
        #expect(try reader.value("SELECT 1") == 1)
    }

    @Test func `the list of tenants is that of those one administers`() throws {
        let setting = try Setting()
        for (index, tenant) in ["acme-1", "acme-2", "other"].enumerated() {
            try setting.admin.open(tenant, stream: UInt16(index + 1))
        }
        let jwt = setting.tokens.jwt(
            #"[{"tenants":["acme-*"],"rights":["admin"]},{"tenants":["other"],"rights":["read"]}]"#)
        let client = try setting.server.client(token: jwt)
        #expect(try client.tenants() == TenantList(names: ["acme-1", "acme-2"], hasMore: false))
        #expect(try client.tenants(limit: 1) == TenantList(names: ["acme-1"], hasMore: true))
        let none = try setting.server.client(
            token: setting.tokens.jwt(#"{"tenants":["*"],"rights":["read","write","schema","create"]}"#))
        #expect(try none.failure(of: try none.sendTenants()).code == .forbidden)
    }

    @Test func `a token without rights, or without claims, may nothing`() throws {
        let setting = try Setting()
        try setting.admin.open("a")
        for grants in ["[]", #"{"tenants":[],"rights":["read"]}"#, #"{"tenants":["a"],"rights":[]}"#] {
            let client = try setting.server.client(token: setting.tokens.jwt(grants))
            #expect(try client.failure(of: try client.sendOpen("a")).code == .forbidden)
        }
        let exp = TestTokens.now / 1000 + 60
        let bare = setting.tokens.signed(#"{"alg":"HS256","kid":"one"}"#, #"{"exp":\#(exp)}"#)
        let client = try setting.server.client(token: bare)
        #expect(try client.failure(of: try client.sendOpen("a")).code == .forbidden)
    }

    @Test func `who only reads keeps no writer waiting`() throws {
        let setting = try Setting()
        let (reader, stream) = try setting.client(.read)
        // The turn to write is taken, for as long as the test wants.
        try setting.admin.begin(stream: stream)
        let steps = [BatchStep("SELECT x FROM t"), BatchStep("nonsense", isTolerated: true)]
        #expect(
            try reader.failure(of: try reader.sendBatch([steps[0], BatchStep("DELETE FROM t")])).code == .forbidden)
        // What does not compile is no read, either: it fails where reads do.
        #expect(try reader.batch(steps).steps.count == 2)
        for sql in ["DELETE FROM t", "CREATE TABLE IF NOT EXISTS t(x)", "DROP TABLE IF EXISTS u"] {
            #expect(try reader.failure(of: try reader.sendRun(.sql(sql))).code == .forbidden)
        }
        #expect(try reader.failure(of: try reader.sendScript("SELECT 1")).code == .forbidden)
        #expect(try reader.failure(of: try reader.sendBegin()).code == .forbidden)
        #expect(try reader.failure(of: try reader.sendPublish("1", to: "c")).code == .forbidden)
        try setting.admin.rollback(stream: stream)
    }

    @Test func `a refused statement keeps its place among the others of its stream`() throws {
        let setting = try Setting()
        let (client, _) = try setting.client([.read, .write])
        let (first, second, third) = try client.together {
            (
                try client.sendRun("INSERT INTO t VALUES (2)"), try client.sendRun("CREATE TABLE u(x)"),
                try client.sendQuery("SELECT count(*) FROM t")
            )
        }
        _ = try client.answer(to: first)
        #expect(try client.failure(of: second).code == .forbidden)
        #expect(try client.answer(to: third).value == 2)
        let (fourth, fifth) = try client.together {
            (
                try client.sendRun("CREATE TABLE u(x)"), try client.sendRun("INSERT INTO t VALUES (3)", flags: .depends)
            )
        }
        #expect(try client.failure(of: fourth).code == .forbidden)
        #expect(try client.failure(of: fifth).code == .skipped)
    }

    @Test func `the server's own migrations need nobody's rights`() throws {
        let folder = try TemporaryFolder()
        try folder.write("CREATE TABLE made(x);", to: "001_made.sql")
        let setting = try Setting { $0.migrationsFolder = folder.path }
        let jwt = setting.tokens.jwt(#"{"tenants":["n"],"rights":["read","create"]}"#)
        #expect(try setting.server.client("n", token: jwt).value("SELECT count(*) FROM made") == 0)
    }

    @Test func `an answer under a key is for those who could have had it`() throws {
        let setting = try Setting()
        func client(_ rights: String, _ more: String = "") throws -> WireClient {
            try setting.server.client(
                "a", token: setting.tokens.jwt(#"{"tenants":["a"],"rights":[\#(rights)]\#(more)}"#))
        }
        try setting.admin.open("a")
        try setting.admin.run("CREATE TABLE t(x)")
        let all = #""read","write","publish""#
        let insert: StatementSource = "INSERT INTO t VALUES ('secret') RETURNING x"
        #expect(try client(all).query(insert, key: "k").value == "secret")
        #expect(try client(all).query(insert, key: "k").value == "secret")
        // The same request of somebody who may not read, or not everything, is neither carried out nor answered.
        for (rights, more) in [
            (#""write""#, ""), (#""read""#, ""), (#""read","write""#, #","tables":{"t":["write"]}"#),
        ] {
            let other = try client(rights, more)
            let error = try other.failure(of: try other.sendQuery(insert, key: "k"))
            #expect(error.code == .forbidden, "\(rights): \(error.message)")
        }
        #expect(try setting.admin.value("SELECT count(*) FROM t") == 1)
        // What was done with fewer rights may be told to whoever has more.
        try client(#""write""#).run("INSERT INTO t VALUES ('x')", key: "l")
        #expect(try client(all).run("INSERT INTO t VALUES ('x')", key: "l").outcome.replayed)
    }
}

extension WireClient {
    /// Whether the server says that stream 1 has a transaction open.
    fileprivate var isInTransaction: Bool {
        guard let error = try? failure(of: try sendDescribe("nonsense")) else { return false }
        return error.transaction != .none
    }
}
