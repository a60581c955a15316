import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Each operation of the web faces with exactly the rights it needs, and with each of them missing.
struct WebRightsTests {
    struct Operation: Sendable, CustomTestStringConvertible {
        let name: String
        let needs: Rights
        /// Carries it out for a token on a tenant that has a table `t`.
        let run: @Sendable (TestServer, _ tenant: String, _ token: String) throws -> Outcome
        var testDescription: String { name }
    }

    /// A status, and what was said.
    struct Outcome {
        let status: Int
        let text: String
    }

    private static func post(_ name: String, _ path: String, _ body: String, needs: Rights) -> Operation {
        Operation(name: name, needs: needs) { server, tenant, token in
            let answer = try server.http(tenant, token: token).post(path, body)
            return Outcome(status: answer.status, text: answer.text)
        }
    }

    private static func hub(_ name: String, _ message: String, needs: Rights) -> Operation {
        Operation(name: "hub: " + name, needs: needs) { server, tenant, token in
            let text = try server.webSocket(tenant, token: token).ask(message)
            return Outcome(status: text.contains(#""code":"FORBIDDEN""#) ? 403 : 200, text: text)
        }
    }

    private static func inTransaction(_ path: String, _ body: String, needs: Rights) -> Operation {
        Operation(name: "in a transaction: " + path + " " + body, needs: needs) { server, tenant, token in
            let app = try server.http(tenant, token: token)
            let begun = try app.post("/transactions", "")
            guard begun.status == 201 else { return Outcome(status: begun.status, text: begun.text) }
            let id = try begun.member("id")
            let answer = try app.post("/transactions/\(id)\(path)", body)
            let end = try app.post("/transactions/\(id)/\(answer.status == 200 ? "commit" : "rollback")", "")
            return Outcome(status: answer.status == 200 ? end.status : answer.status, text: answer.text)
        }
    }

    static let operations: [Operation] = [
        post("/query", "/query", #"{"sql":"SELECT x FROM t"}"#, needs: .read),
        post("/queryOne", "/queryOne", #"{"sql":"SELECT x FROM t"}"#, needs: .read),
        post(
            "/query that writes", "/query", #"{"sql":"INSERT INTO t VALUES (2) RETURNING x"}"#, needs: [.read, .write]),
        post("/run", "/run", #"{"sql":"INSERT INTO t VALUES (2)"}"#, needs: .write),
        post("/run of DDL", "/run", #"{"sql":"CREATE TABLE u(x)"}"#, needs: .schema),
        post(
            "/transaction", "/transaction",
            #"{"operations":[{"type":"run","sql":"INSERT INTO t VALUES (2)"},{"type":"query","sql":"SELECT x FROM t"}]}"#,
            needs: [.read, .write]),
        post("/batch", "/batch", #"{"steps":[{"sql":"INSERT INTO t VALUES (2)"}]}"#, needs: .write),
        post(
            "/script", "/script", #"{"sql":"INSERT INTO t VALUES (2); CREATE TABLE u(x)"}"#, needs: [.write, .schema]),
        post(
            "/migrate", "/migrate", #"{"migrations":[{"id":"1","sql":"CREATE TABLE u(x)"}]}"#,
            needs: [.schema, .read, .write]),
        post("/events/emit", "/events/emit", #"{"type":"e","data":1}"#, needs: .publish),
        post("/channels/c", "/channels/c", #"{"data":1}"#, needs: .publish),
        inTransaction("/run", #"{"sql":"INSERT INTO t VALUES (2)"}"#, needs: .write),
        inTransaction("/query", #"{"sql":"UPDATE t SET x = 2 RETURNING x"}"#, needs: [.read, .write]),
        inTransaction("/batch", #"{"steps":[{"sql":"CREATE TABLE u(x)"}]}"#, needs: .schema),
        Operation(name: "lines", needs: .read) { server, tenant, token in
            let answer = try server.http(tenant, token: token).post(
                "/query", #"{"sql":"SELECT x FROM t"}"#, headers: [("Accept", "application/x-ndjson")])
            return Outcome(status: answer.status, text: answer.text)
        },
        Operation(name: "/health of a tenant", needs: .read) { server, tenant, token in
            let answer = try server.http(token: token).get("/t/\(tenant)/health")
            return Outcome(status: answer.status, text: answer.text)
        },
        Operation(name: "events/stream", needs: .subscribe) { server, tenant, token in
            let http = try server.http(tenant, token: token)
            try http.send("GET", "/events/stream")
            let head = try http.head()
            return Outcome(
                status: head.status, text: head.status == 200 ? "" : String(decoding: try http.bytes(), as: UTF8.self))
        },
        Operation(name: "channels/c/stream", needs: .subscribe) { server, tenant, token in
            let http = try server.http(tenant, token: token)
            try http.send("GET", "/channels/c/stream")
            let head = try http.head()
            return Outcome(
                status: head.status, text: head.status == 200 ? "" : String(decoding: try http.bytes(), as: UTF8.self))
        },
        hub("query", #"{"type":"query","sql":"SELECT x FROM t","id":1}"#, needs: .read),
        hub("query that writes", #"{"type":"query","sql":"DELETE FROM t","id":1}"#, needs: .write),
        hub("publish", #"{"type":"publish","channel":"c","data":1,"id":1}"#, needs: .publish),
        hub("subscribe", #"{"type":"subscribe","channel":"c","id":1}"#, needs: .subscribe),
    ]

    @Test(arguments: operations) func `an operation needs its rights, and no others`(_ operation: Operation) throws {
        let tokens = try TestTokens()
        let all = try tokens.key(Grant("*", rights: .all))
        let server = try TestServer { tokens.configure(&$0) }
        var count = 0
        func attempt(_ rights: Rights) throws -> (Outcome, HTTPClient) {
            count += 1
            let admin = try server.http("t\(count)", token: all)
            try admin.call("/script", "CREATE TABLE t(x); INSERT INTO t VALUES (1)").expect(200)
            let names = rights.names.map { "\"\($0)\"" }.joined(separator: ",")
            let token = tokens.jwt(#"{"tenants":["t\#(count)"],"rights":[\#(names)]}"#)
            return (try operation.run(server, "t\(count)", token), admin)
        }
        #expect(try attempt(operation.needs).0.status == 200)
        for name in operation.needs.names {
            let missing = try #require(Rights(name: name))
            let (outcome, admin) = try attempt(Rights.all.subtracting(missing))
            #expect(outcome.status == 403, "\(outcome.text)")
            #expect(outcome.text.contains("the token lacks the right \(name)"), "\(outcome.text)")
            #expect(try admin.query("SELECT x FROM t") == #"{"rows":[{"x":1}]}"#)
            #expect(
                try admin.integer("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('u', 'messages', 'events')")
                    == 0)
        }
    }

    @Test func `tokens for some tables hold on every face`() throws {
        let tokens = try TestTokens()
        let all = try tokens.key(Grant("*", rights: .all))
        let some = try tokens.key(Grant("a", rights: [.read, .write], tables: [("t", [.read, .write])]))
        let server = try TestServer { tokens.configure(&$0) }
        try server.http("a", token: all).call("/script", "CREATE TABLE t(x); CREATE TABLE secret(x)").expect(200)
        let app = try server.http("a", token: some)
        try app.call("/query", "SELECT x FROM t").expect(200)
        for path in ["/query", "/queryOne", "/run"] { try app.call(path, "SELECT x FROM secret").expect(403) }
        try app.post("/batch", #"{"steps":[{"sql":"SELECT x FROM secret"}]}"#).expect(403)
        let id = try app.begin()
        try app.call("/transactions/\(id)/query", "SELECT x FROM secret").expect(403)
        try app.call("/transactions/\(id)/query", "SELECT x FROM t").expect(200)
        try app.post("/transactions/\(id)/rollback", "").expect(200)
        let hub = try server.webSocket("a", token: some)
        #expect(
            try hub.ask(#"{"type":"query","sql":"SELECT x FROM secret"}"#).contains(
                "the token lacks the right read on the table secret"))
        #expect(try hub.ask(#"{"type":"query","sql":"SELECT x FROM t"}"#).contains(#""rows":[]"#))
    }
}
