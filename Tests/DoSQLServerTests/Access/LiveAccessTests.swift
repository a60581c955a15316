import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Tokens that end while their connections live.
struct LiveAccessTests {
    private let tokens: TestTokens
    private let server: TestServer
    private let all: String

    init() throws {
        let tokens = try TestTokens()
        all = try tokens.key(Grant("*", rights: .all))
        server = try TestServer { tokens.configure(&$0) }
        self.tokens = tokens
        try server.client("a", token: all).run("CREATE TABLE t(x)")
    }

    /// Waits for the fatal error, and for the end behind it.
    private func expectEnd(_ client: WireClient, _ words: String) throws {
        var last: ErrorMessage?
        while let reply = try client.receive() {
            if let error = reply.error { last = error }
        }
        #expect(last?.code == .unauthenticated && last?.isFatal == true, "\(String(describing: last))")
        #expect(last?.message.contains(words) == true, "\(last?.message ?? "")")
    }

    @Test func `a token that expires ends its connection, and rolls its transaction back`() throws {
        let expires = TestTokens.now + 1500
        let jwt = tokens.jwt(#"{"tenants":["a"],"rights":["read","write"]}"#, lifetime: 1.5)
        let client = try server.client("a", token: jwt)
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        try expectEnd(client, "has expired")
        #expect(TestTokens.now >= expires)
        let other = try server.client("a", token: all)
        #expect(try other.value("SELECT count(*) FROM t") == 0)
        // Its turn to write is free.
        try other.run("INSERT INTO t VALUES (2)")
        #expect(throws: ErrorMessage.self) { try server.client("a", token: jwt) }
    }

    @Test func `a revoked API key ends its connection, and no other`() throws {
        let key = try tokens.key(Grant("a", rights: .all))
        server.reload()
        let (client, other) = (try server.client("a", token: key), try server.client("a", token: all))
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        try tokens.revoke(TestTokens.id(of: key))
        server.reload()
        try expectEnd(client, "revoked")
        try other.run("INSERT INTO t VALUES (2)")
        #expect(try other.value("SELECT count(*) FROM t") == 1)
        #expect(throws: ErrorMessage.self) { try server.client("a", token: key) }
    }

    @Test func `a revoked JWT ends its connection with what runs on it`() throws {
        let jwt = tokens.jwt(#"{"tenants":["a"],"rights":["read"]}"#, claims: #""jti":"j-1","#)
        let client = try server.client("a", token: jwt)
        try client.sendQuery("WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")
        try client.sendSubscribe(.channel("c"), stream: 1)
        try tokens.revoke("j-1")
        server.reload()
        try expectEnd(client, "revoked")
    }

    @Test func `files are read again without a signal, and a spoiled one changes nothing`() throws {
        let key = try tokens.key(Grant("a", rights: .all))
        // Nobody has told the server: it looks.
        #expect(
            try Deadline.poll(for: .seconds(60)) {
                do {
                    _ = try server.client("a", token: key)
                    return true
                } catch is ErrorMessage {
                    return false
                }
            })
        let client = try server.client("a", token: key)
        try tokens.spoil(true)
        server.reload()
        #expect(try client.value("SELECT 1") == 1)
        _ = try server.client("a", token: key)
        try tokens.revoke(TestTokens.id(of: key))
        try expectEnd(client, "revoked")
    }

    @Test func `reloading under load ends nobody who stays good`() throws {
        let clients = try (0..<4).map { _ in try server.client("a", token: all) }
        for round in 0..<30 {
            // Each is another list of keys.
            _ = try tokens.key(Grant("b", rights: .read), name: "k\(round)")
            let requests = try clients.map { client in
                try client.together {
                    (try client.sendRun("INSERT INTO t VALUES (1)"), try client.sendQuery("SELECT count(*) FROM t"))
                }
            }
            server.reload()
            for (client, (write, read)) in zip(clients, requests) {
                _ = try client.answer(to: write)
                _ = try client.answer(to: read)
            }
        }
        #expect(try clients[0].value("SELECT count(*) FROM t") == 120)
    }

    @Test func `a server with no good file of tokens does not start`() throws {
        let tokens = try TestTokens()
        try tokens.spoil(true)
        #expect(throws: Server.StartError.self) { try TestServer { tokens.configure(&$0) } }
    }
}
