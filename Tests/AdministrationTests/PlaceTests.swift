import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Synchronization
import Testing

/// Creating, deleting, bringing back, renaming and purging tenants.
struct PlaceTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2) { $0.createsTenants = false }
        admin = try Operator(of: server)
    }

    private func fill(_ name: String) throws {
        try admin.create(name)
        let client = try server.client(name)
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (?)", [.text(name)])
    }

    private func content(_ name: String) throws -> Value { try server.client(name).value("SELECT x FROM t") }

    @Test func `a tenant is created once, though requests may create none`() throws {
        let answer = try admin.ask("POST", "tenants", #"{"name":"acme"}"#)
        #expect(answer.status == 201)
        let report: TenantReport = try Operator.read(answer)
        #expect(report.name == "acme" && report.lsn == 0)
        let again = try admin.ask("POST", "tenants", #"{"name":"acme"}"#)
        #expect(again.status == 409 && again.code == "TENANT_EXISTS")
        try server.client("acme").run("CREATE TABLE t(x)")
        let client = try server.client()
        #expect(try client.failure(of: try client.sendOpen("other")).code == .tenantNotFound)
    }

    @Test(arguments: [
        (#"{"name":"../x"}"#, "TENANT_NAME_INVALID"), (#"{"name":""}"#, "TENANT_NAME_INVALID"),
        (#"{"name":".hidden"}"#, "TENANT_NAME_INVALID"), (#"{"name":"a/b"}"#, "TENANT_NAME_INVALID"),
        (#"{"name":"a\u0000b"}"#, "TENANT_NAME_INVALID"),
        (#"{"name":"\#(String(repeating: "a", count: 129))"}"#, "TENANT_NAME_INVALID"),
        (#"{"name":"a","limits":{}}"#, "MALFORMED"), (#"{"nam":"a"}"#, "MALFORMED"), (#"{"name":1}"#, "MALFORMED"),
        (#"{"name":null}"#, "MALFORMED"), ("[]", "MALFORMED"), ("", "MALFORMED"), ("{", "MALFORMED"),
        (#""acme""#, "MALFORMED"),
    ])
    func `a name that cannot be one makes nothing`(body: String, code: String) throws {
        let answer = try admin.ask("POST", "tenants", body)
        #expect(answer.status == 400 && answer.code == code, "\(answer.text)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/tenants").isEmpty)
    }

    @Test func `a path does not leave its place`() throws {
        try fill("acme")
        for name in [
            "..%2f..", "%2e%2e", "acme%2f..%2facme", "acme%00", "%20acme", "acme%2fmain.sqlite", "~", "%c3%a9",
        ] {
            for (method, path) in [
                ("GET", ""), ("DELETE", ""), ("GET", "/backup"), ("POST", "/vacuum"), ("GET", "/retention"),
            ] {
                let answer = try Operator(of: server).ask(method, "tenants/\(name)\(path)")
                #expect([400, 404].contains(answer.status), "\(method) \(name)\(path): \(answer.status)")
            }
        }
        for id in ["..", "%2e%2e", "..%2ftenants%2facme", "20261126T000000000-zzzzzzzzzzzzzzzz", "acme", "%2f"] {
            for (method, path) in [("DELETE", ""), ("POST", "/restore")] {
                let answer = try Operator(of: server).ask(method, "deleted/\(id)\(path)")
                #expect([400, 404].contains(answer.status), "\(method) \(id)\(path): \(answer.status)")
            }
        }
        #expect(try content("acme") == "acme")
    }

    @Test func `the paths are the operator's, and no tenant's`() throws {
        try fill("acme")
        #expect(try server.http().get("/t/acme/admin/tenants").status == 404)
        #expect(try server.http("nobody").get("/admin/tenants").status == 200)
        let other = try admin.ask("PATCH", "tenants")
        #expect(other.status == 405 && other.header("allow") == "GET, POST")
        #expect(try admin.ask("POST", "tenants/acme/explode").status == 404)
        // A page somewhere must not administer what its reader can reach, not even by a GET.
        let http = try server.http()
        for headers in [
            [("Origin", "https://evil.example")], [("Sec-Fetch-Site", "cross-site")],
            [("Sec-Fetch-Site", "same-origin"), ("Host", "evil.example")],
            [("Sec-Fetch-Site", "same-origin"), ("Host", "evil")],
        ] {
            // A name that somebody has lead here is not even this server.
            let status = headers.contains { $0.1 == "evil.example" } ? 421 : 403
            #expect(try http.get("/admin/tenants", headers: headers).status == status, "\(headers)")
            #expect(try http.request("DELETE", "/admin/tenants/acme", headers: headers).status == status, "\(headers)")
        }
        #expect(try http.get("/admin/tenants", headers: [("Sec-Fetch-Site", "same-origin")]).status == 200)
    }

    @Test func `what was deleted is gone, and comes back as it was`() throws {
        try fill("acme")
        let before = try admin.report("acme")
        let entry = try admin.delete("acme")
        #expect(entry.name == "acme" && entry.reason == "deleted" && entry.bytes > 0 && entry.purgeAt > entry.deletedAt)
        #expect(try admin.ask("GET", "tenants/acme").code == "TENANT_NOT_FOUND")
        #expect(try admin.ask("DELETE", "tenants/acme").code == "TENANT_NOT_FOUND")
        let client = try server.client()
        #expect(try client.failure(of: try client.sendOpen("acme")).code == .tenantNotFound)
        #expect(try admin.deleted().map(\.id) == [entry.id])
        try server.restart()
        let admin = try Operator(of: server)
        #expect(try admin.deleted().map(\.id) == [entry.id])
        #expect(try admin.ask("POST", "deleted/\(entry.id)/restore").text == #"{"name":"acme"}"#)
        #expect(try content("acme") == "acme")
        let after = try admin.report("acme")
        #expect(after.incarnation == before.incarnation && after.lsn == before.lsn)
        #expect(try admin.deleted().isEmpty)
        #expect(try admin.ask("POST", "deleted/\(entry.id)/restore").status == 404)
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/deleted").isEmpty)
    }

    @Test func `a name that is taken meanwhile is not given back`() throws {
        try fill("acme")
        let id = try admin.delete("acme").id
        try admin.create("acme")
        let answer = try admin.ask("POST", "deleted/\(id)/restore")
        #expect(answer.status == 409 && answer.code == "TENANT_EXISTS")
        #expect(try admin.ask("POST", "deleted/\(id)/restore", #"{"name":"a/b"}"#).code == "TENANT_NAME_INVALID")
        #expect(try admin.ask("POST", "deleted/\(id)/restore", #"{"name":"old"}"#).status == 200)
        #expect(try content("old") == "acme")
        #expect(try admin.report("acme").lsn == 0)
    }

    @Test func `what is purged is gone for good`() throws {
        try fill("acme")
        let id = try admin.delete("acme").id
        #expect(try admin.ask("DELETE", "deleted/\(id)").status == 200)
        #expect(try admin.ask("DELETE", "deleted/\(id)").code == "TENANT_NOT_FOUND")
        #expect(try admin.deleted().isEmpty)
        for folder in ["deleted", "temporary", "tenants"] {
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(server.dataFolder)/\(folder)").isEmpty)
        }
    }

    @Test func `time purges what was kept for long enough`() throws {
        try fill("acme")
        _ = try admin.delete("acme")
        server.stop()
        let path = server.dataFolder
        let next = try TestServer(loops: 1) {
            $0.dataFolder = path
            $0.administration.deletedKept = 0
        }
        let admin = try Operator(of: next)
        #expect(try Deadline.poll(for: .seconds(60)) { try admin.deleted().isEmpty })
    }

    @Test func `a renamed tenant has its data, and its old name is free`() throws {
        try fill("acme")
        let before = try admin.report("acme")
        #expect(try admin.ask("POST", "tenants/acme/rename", #"{"to":"Acme"}"#).text == #"{"name":"Acme"}"#)
        #expect(try content("Acme") == "acme")
        let after = try admin.report("Acme")
        #expect(after.incarnation == before.incarnation && after.lsn == before.lsn)
        #expect(try admin.ask("GET", "tenants/acme").status == 404)
        try fill("acme")
        for (name, to, code) in [
            ("acme", "Acme", "TENANT_EXISTS"), ("acme", "acme", "TENANT_EXISTS"), ("nobody", "x", "TENANT_NOT_FOUND"),
            ("acme", "..", "TENANT_NAME_INVALID"),
        ] {
            #expect(try admin.ask("POST", "tenants/\(name)/rename", #"{"to":"\#(to)"}"#).code == code)
        }
        #expect(try admin.list().tenants.map(\.name) == ["Acme", "acme"])
    }

    @Test func `open streams hear of the end, whatever they are doing`() throws {
        for operation in ["delete", "rename", "restore"] {
            let name = "of-\(operation)"
            try fill(name)
            let idle = try server.client(name)
            let inTransaction = try server.client(name)
            try inTransaction.begin()
            try inTransaction.run("INSERT INTO t VALUES ('lost')")
            let reading = try server.client(name)
            try reading.begin(.read)
            // One that waits for credit, with a snapshot.
            let streaming = try server.client(name)
            let result = try streaming.sendQuery(
                "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT x, hex(randomblob(500)) FROM c",
                credit: 1)
            _ = try streaming.receive(for: result)
            let waiting = try server.client(name)
            let blocked = try waiting.sendRun("INSERT INTO t VALUES ('waits')")
            let subscriber = try server.client(name)
            let feed = try subscriber.subscribe(.channel("news")).request
            let hub = try server.webSocket(name)
            let web = try server.http(name)
            #expect(try web.post("/query", #"{"sql":"SELECT x FROM t"}"#).status == 200)

            let code: DoSQLProtocol.ErrorCode = operation == "restore" ? .tenantUnavailable : .tenantNotFound
            switch operation {
            case "delete": _ = try admin.delete(name)
            case "rename": _ = try admin.ask("POST", "tenants/\(name)/rename", #"{"to":"\#(name)-2"}"#)
            default:
                _ = try admin.restore(
                    try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')"), to: name)
            }
            #expect(try idle.failure(of: try idle.sendQuery("SELECT x FROM t")).code == code)
            #expect(try idle.failure(of: try idle.sendRun("INSERT INTO t VALUES ('lost')")).code == code)
            #expect(try inTransaction.failure(of: try inTransaction.sendCommit()).code == .transactionExpired)
            #expect(try reading.failure(of: try reading.sendQuery("SELECT x FROM t")).code == .transactionExpired)
            guard case .error(let cut) = try streaming.terminal(of: result).message else {
                Issue.record("the result went on")
                continue
            }
            #expect(cut.code == .tenantUnavailable)
            let refused = try waiting.failure(of: blocked).code
            #expect(refused == .tenantUnavailable || refused == code)
            guard case .error(let ended) = try subscriber.terminal(of: feed).message else {
                Issue.record("the subscription went on")
                continue
            }
            #expect(ended.code == code)
            #expect(try hub.nextClose() == 1012)
            let later = try web.post("/query", #"{"sql":"SELECT x FROM t"}"#)
            #expect(operation == "restore" ? later.text.contains("new") : later.code == "TENANT_NOT_FOUND")
            // A stream is good again once it is opened again.
            try idle.close(stream: 1)
            if operation == "restore" {
                try idle.open(name)
                #expect(try idle.value("SELECT x FROM t") == "new")
            } else {
                #expect(try idle.failure(of: try idle.sendOpen(name)).code == .tenantNotFound)
            }
        }
        #expect(try server.client("of-rename-2").query("SELECT x FROM t").rows == [["of-rename"]])
    }

    @Test func `a tenant whose statements do not end in time stays as it was`() throws {
        let hasty = try TestServer(loops: 2) { $0.administration.retireTime = 1 }
        let admin = try Operator(of: hasty)
        let client = try hasty.client("acme")
        try client.run("CREATE TABLE t(x)")
        for (method, path, body) in [
            ("DELETE", "tenants/acme", nil), ("POST", "tenants/acme/rename", #"{"to":"other"}"#),
        ] {
            let answer = try admin.ask(method, path, body)
            #expect(answer.status == 503 && answer.code == "TENANT_UNAVAILABLE" && answer.text.contains("retireTime"))
            #expect(answer.header("retry-after") != nil)
        }
        #expect(try admin.list().tenants.map(\.name) == ["acme"])
        #expect(try admin.deleted().isEmpty)
        // Whoever opens it anew goes on.
        let next = try hasty.client("acme")
        try next.run("INSERT INTO t VALUES (1)")
        #expect(try next.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `of many who change one place at once each is told the truth`() throws {
        try fill("acme")
        let file = try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('acme')")
        let outcomes = Mutex<[String: Int]>([:])
        let finished = Mutex(0)
        let server = server
        let threads = (0..<6).map { index in
            Thread {
                for round in 0..<8 {
                    do {
                        let admin = try Operator(of: server)
                        let answer: HTTPAnswer
                        switch (index + round) % 4 {
                        case 0: answer = try admin.ask("DELETE", "tenants/acme")
                        case 1: answer = try admin.ask("POST", "tenants/acme/rename", #"{"to":"other"}"#)
                        case 2: answer = try admin.send(file, to: "acme")
                        default: answer = try admin.ask("POST", "tenants/other/rename", #"{"to":"acme"}"#)
                        }
                        let outcome = answer.status == 200 ? "done" : answer.code ?? "?"
                        outcomes.withLock { $0[outcome, default: 0] += 1 }
                    } catch {
                        outcomes.withLock { $0["\(error)", default: 0] += 1 }
                    }
                }
                finished.withLock { $0 += 1 }
            }
        }
        for thread in threads { thread.start() }
        #expect(Deadline.poll(for: .seconds(240)) { finished.withLock { $0 } == threads.count })
        let counted = outcomes.withLock { $0 }
        #expect(counted["done", default: 0] > 0)
        let known: Set<String> = ["done", "TENANT_NOT_FOUND", "TENANT_EXISTS", "TENANT_BUSY", "TENANT_UNAVAILABLE"]
        #expect(Set(counted.keys).isSubset(of: known), "\(counted)")
        // Whatever is there is whole, and nothing is left over.
        for tenant in try admin.list().tenants { #expect(try content(tenant.name) == "acme", "\(tenant.name)") }
        for entry in try admin.deleted() {
            #expect(
                try admin.ask("POST", "deleted/\(entry.id)/restore", #"{"name":"back-\#(entry.id)"}"#).status == 200)
            #expect(try content("back-\(entry.id)") == "acme")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/temporary").isEmpty)
    }
}
