import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// Who is not let in, on every face (`protocol/authentication.md`).
struct TokenAttackTests {
    private let tokens: TestTokens
    private let server: TestServer
    private let good: String

    init() throws {
        let tokens = try TestTokens()
        good = try tokens.key(Grant("a", rights: .all))
        server = try TestServer { tokens.configure(&$0) }
        self.tokens = tokens
    }

    // MARK: Bad tokens

    @Test(arguments: BadToken.all) func `binary: HELLO ends the connection`(_ bad: BadToken) throws {
        let client = try server.stranger()
        let token = bad.make(tokens, good).map { Array($0.utf8) }
        guard token?.count ?? 0 <= Limits.tokenMax else { return }
        try client.sendHello(token: token)
        // What was sent ahead is not carried out.
        try client.sendOpen("a")
        try client.sendRun("CREATE TABLE t(x)")
        let reply = try #require(try client.receive())
        #expect(reply.stream == 0 && reply.error?.code == .unauthenticated && reply.error?.isFatal == true)
        #expect(reply.error?.message.contains(bad.message) == true, "\(reply.error?.message ?? "")")
        #expect(try client.receive() == nil)
        #expect(try server.client("a", token: good).value("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == 0)
    }

    @Test(arguments: BadToken.all) func `HTTP: each request is 401, and the connection goes on`(_ bad: BadToken) throws
    {
        let app = try server.http("a")
        let token = bad.make(tokens, good)
        let headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        let requests = [
            ("POST", "/run", #"{"sql":"CREATE TABLE t(x)"}"#), ("POST", "/query", #"{"sql":"SELECT 1"}"#),
            ("POST", "/transactions", ""), ("POST", "/transactions/0-\(String(repeating: "0", count: 32))/commit", ""),
            ("POST", "/events/emit", #"{"type":"x","data":1}"#), ("GET", "/events/stream", nil),
            ("GET", "/channels/c/stream", nil), ("GET", "/metrics", nil), ("GET", "/health", nil),
        ]
        for (method, path, body) in requests {
            let answer = try app.request(method, path, headers: headers, body: body)
            #expect(answer.status == 401 && answer.code == "UNAUTHENTICATED", "\(path): \(answer.text)")
            #expect(answer.text.contains(bad.message), "\(path): \(answer.text)")
            #expect(
                answer.header("www-authenticate") == (token == nil ? "Bearer" : "Bearer error=\"invalid_token\""))
        }
        // Whoever only wants to know whether the server lives shows none.
        for path in ["/health/live", "/health/ready", "/openapi.json"] {
            #expect(try app.get(path).status == 200)
        }
        #expect(try server.http().get("/health").status == 200)
        try app.call("/query", "SELECT 1", headers: [("Authorization", "Bearer \(good)")]).expect(200)
    }

    @Test(arguments: BadToken.all) func `WebSocket: no upgrade by header or subprotocol`(_ bad: BadToken) throws {
        guard let token = bad.make(tokens, good) else { return }
        #expect(try server.webSocket("a", token: token).handshake.status == 401)
        let shown = "dosql.hub.v1, dosql.bearer." + TestTokens.base64URL(Array(token.utf8))
        let refused = try server.webSocket("a", subprotocol: shown)
        #expect(refused.handshake.status == 401 && refused.handshake.header("sec-websocket-protocol") == nil)
        #expect(refused.handshake.text.contains(bad.message))
    }

    @Test(arguments: BadToken.all) func `hub: the first message ends it`(_ bad: BadToken) throws {
        let hub = try server.webSocket("a")
        #expect(hub.handshake.status == 101)
        let token = bad.make(tokens, good)
        try hub.send(
            token.map { #"{"type":"auth","token":\#($0.json),"id":1}"# }
                ?? #"{"type":"query","sql":"SELECT 1","id":1}"#)
        try hub.send(#"{"type":"query","sql":"CREATE TABLE t(x)","id":2}"#)
        let error = try hub.nextText()
        #expect(error.contains(#""type":"error","id":1,"#) && error.contains("UNAUTHENTICATED"), "\(error)")
        #expect(error.contains(bad.message), "\(error)")
        #expect(try hub.nextClose() == 1008)
        #expect(try server.client("a", token: good).value("SELECT count(*) FROM sqlite_schema WHERE name = 't'") == 0)
    }

    @Test(arguments: BadToken.all) func `frames in a WebSocket: HELLO ends it`(_ bad: BadToken) throws {
        let token = bad.make(tokens, good).map { Array($0.utf8) }
        guard token?.count ?? 0 <= Limits.tokenMax else { return }
        let frames = WebSocketFrames(try server.webSocket("a", subprotocol: "dosql.v1"))
        try frames.send { Hello.encode(into: &$0, request: 1, client: "dosql-tests", token: token) }
        let error = try frames.nextError(0)
        #expect(error.code == .unauthenticated && error.message.contains(bad.message))
    }

    @Test func `what is shown twice has to be the same`() throws {
        let other = try tokens.key(Grant("a", rights: .all))
        server.reload()
        let app = try server.http("a")
        _ = try server.client("a", token: good)
        let (one, two) = (("Authorization", "Bearer \(good)"), ("Authorization", "Bearer \(other)"))
        #expect(try app.get("/health", headers: [one]).status == 200)
        #expect(try app.get("/health", headers: [one, two]).status == 401)
        #expect(try app.get("/health", headers: [one, one]).status == 401)
        #expect(try app.get("/health", headers: [("Authorization", "Basic YTpi")]).status == 401)
        #expect(try app.get("/health", headers: [("Authorization", good)]).status == 401)
        #expect(try app.get("/health", headers: [("authorization", "bearer  \(good)")]).status == 200)
        func bearer(_ token: String) -> String { "dosql.bearer." + TestTokens.base64URL(Array(token.utf8)) }
        #expect(try server.webSocket("a", token: good, subprotocol: bearer(good)).handshake.status == 101)
        #expect(try server.webSocket("a", token: good, subprotocol: bearer(other)).handshake.status == 401)
        #expect(try server.webSocket("a", subprotocol: "\(bearer(good)), \(bearer(other))").handshake.status == 401)
        #expect(try server.webSocket("a", subprotocol: bearer(good) + "=").handshake.status == 401)
        // HELLO may show the request's token again, or none, but no other.
        for (token, isGood) in [(nil, true), (good, true), (other, false)] as [(String?, Bool)] {
            let frames = WebSocketFrames(try server.webSocket("a", token: good, subprotocol: "dosql.v1"))
            try frames.send { writer in
                Hello.encode(
                    into: &writer, request: 1, client: "dosql-tests", token: token.map { Array($0.utf8) })
            }
            if isGood {
                _ = try frames.next(.helloOK, request: 1)
            } else {
                #expect(try frames.nextError(0).code == .unauthenticated)
            }
        }
    }

    // MARK: Good ones

    @Test func `a good token is let in by every way there is`() throws {
        let jwt = tokens.jwt(#"{"tenants":["a"],"rights":["read","write","create","schema","subscribe"]}"#)
        for token in [good, jwt] {
            #expect(try server.client("a", token: token).value("SELECT 1") == 1)
            #expect(try server.http("a", token: token).query("SELECT 1 AS n") == #"{"rows":[{"n":1}]}"#)
            let byHeader = try server.webSocket("a", token: token)
            #expect(try byHeader.ask(#"{"type":"query","sql":"SELECT 1 AS n"}"#).contains(#"{"n":1}"#))
            let shown = "dosql.bearer." + TestTokens.base64URL(Array(token.utf8))
            let bySubprotocol = try server.webSocket("a", subprotocol: "\(shown), dosql.hub.v1")
            #expect(bySubprotocol.handshake.header("sec-websocket-protocol") == "dosql.hub.v1")
            #expect(try bySubprotocol.ask(#"{"type":"query","sql":"SELECT 1 AS n"}"#).contains(#"{"n":1}"#))
            let byMessage = try server.webSocket("a")
            // What stands behind the token waits until it has been checked.
            try byMessage.send(together: #"{"type":"auth","id":"x","token":"\#(token.prefix(0))"}"#)
            #expect(try byMessage.nextText().contains("UNAUTHENTICATED"))
            let again = try server.webSocket("a")
            try again.send(#"{"type":"auth","id":"x","token":\#(token.json)}"#)
            try again.send(#"{"type":"query","sql":"SELECT 1 AS n","id":2}"#)
            #expect(try again.nextText() == #"{"type":"authenticated","id":"x"}"#)
            #expect(try again.nextText().contains(#"{"n":1}"#))
            #expect(try again.ask(#"{"type":"auth","token":"x"}"#).contains("MALFORMED"))
            let frames = WebSocketFrames(try server.webSocket("a", subprotocol: "dosql.v1, \(shown)"))
            #expect(frames.client.handshake.header("sec-websocket-protocol") == "dosql.v1")
            try frames.send { writer in
                Hello.encode(into: &writer, request: 1, client: "dosql-tests")
                Open.encode(into: &writer, stream: 1, request: 2, tenant: "a")
            }
            _ = try frames.next(.helloOK, request: 1)
            _ = try frames.next(.ok, request: 2)
        }
    }

    @Test func `a server without tokens takes any and none`() throws {
        let open = try TestServer()
        #expect(try open.client("a", token: "whatever").value("SELECT 1") == 1)
        #expect(try open.http("a", token: "whatever").get("/health").status == 200)
        let hub = try open.webSocket("a")
        #expect(try hub.ask(#"{"type":"auth","token":"x","id":1}"#) == #"{"type":"authenticated","id":1}"#)
        #expect(try hub.ask(#"{"type":"query","sql":"SELECT 1 AS n"}"#).contains(#"{"n":1}"#))
    }

    // MARK: Another's tenant

    @Test func `a token of one tenant gets the same answer for every other`() throws {
        let all = try tokens.key(Grant("*", rights: .all))
        let own = try tokens.key(Grant("a", rights: .all))
        server.reload()
        _ = try server.client("b", token: all)
        // There is a b, and there is no c.
        let sentences = try ["b", "c"].map { tenant -> [String] in
            var sentences: [String] = []
            let client = try server.client(token: own)
            let failure = try client.failure(of: try client.sendOpen(tenant))
            #expect(failure.code == .forbidden)
            sentences.append(failure.message)
            #expect(try client.failure(of: try client.sendQuery("SELECT 1")).code == .streamNotOpen)
            let app = try server.http(token: own)
            let body = #"{"sql":"SELECT 1"}"#
            for answer in [
                try app.post("/query", body, headers: [("X-Tenant-ID", tenant)]),
                try app.post("/t/\(tenant)/query", body), try app.post("/t/\(tenant)/script", body),
                try app.post("/t/\(tenant)/transactions", ""), try app.get("/t/\(tenant)/events/stream"),
                try app.get("/t/\(tenant)/channels/x/stream"),
                try app.post("/t/\(tenant)/events/emit", #"{"type":"x","data":1}"#),
                try app.post("/t/\(tenant)/migrate", #"{"migrations":[]}"#),
            ] {
                #expect(answer.status == 403 && answer.code == "FORBIDDEN", "\(answer.text)")
                sentences.append(answer.text)
            }
            #expect(try app.get("/t/\(tenant)/health").status == 403)
            let socket = try server.webSocket(tenant, token: own)
            #expect(socket.handshake.status == 403)
            sentences.append(socket.handshake.text)
            let hub = try server.webSocket(tenant)
            sentences.append(try hub.ask(#"{"type":"auth","token":\#(own.json)}"#))
            #expect(sentences.last?.contains("FORBIDDEN") == true)
            #expect(try hub.nextClose() == 1008)
            return sentences.map { $0.replacing("tenant \(tenant)", with: "tenant") }
        }
        #expect(sentences[0] == sentences[1])
        #expect(try server.client(token: all).tenants().names.contains("c") == false)
    }

    @Test func `the tenant of the host is asked for, too`() throws {
        let tokens = tokens
        let server = try TestServer {
            tokens.configure(&$0)
            $0.http.baseDomains = ["db.test"]
        }
        let app = try server.http(token: good)
        let body = #"{"sql":"SELECT 1"}"#
        #expect(try app.post("/query", body, headers: [("Host", "a.db.test")]).status == 200)
        #expect(try app.post("/query", body, headers: [("Host", "b.db.test")]).status == 403)
        // Without a name it is the tenant that is called so.
        #expect(try app.post("/query", body).status == 403)
    }

    @Test func `a stolen transaction id is of no use`() throws {
        let other = try tokens.key(Grant("a", rights: .all))
        let stranger = try tokens.key(Grant("b", rights: .all))
        server.reload()
        let app = try server.http("a", token: good)
        try app.run("CREATE TABLE t(x)")
        let id = try app.begin()
        try app.call("/transactions/\(id)/run", "INSERT INTO t VALUES (1)").expect(200)
        for thief in [
            try server.http(token: other), try server.http(token: stranger), try server.http("b", token: stranger),
        ] {
            let answer = try thief.call("/transactions/\(id)/query", "SELECT * FROM t")
            #expect(answer.status == 404 && answer.code == "NO_TRANSACTION", "\(answer.text)")
            #expect(try thief.post("/transactions/\(id)/commit", "").status == 404)
        }
        #expect(try server.http().post("/transactions/\(id)/commit", "").status == 401)
        // Its own token goes on, from any connection.
        let elsewhere = try server.http(token: good)
        try elsewhere.call("/transactions/\(id)/run", "INSERT INTO t VALUES (2)").expect(200)
        #expect(try elsewhere.post("/transactions/\(id)/commit", "").status == 200)
        #expect(try app.count("t") == 2)
    }

    @Test func `one connection may speak for one after the other`() throws {
        let reader = try tokens.key(Grant("a", rights: .read))
        server.reload()
        let app = try server.http("a")
        let (all, some) = ([("Authorization", "Bearer \(good)")], [("Authorization", "Bearer \(reader)")])
        try app.call("/run", "CREATE TABLE t(x)", headers: all).expect(200)
        for _ in 0..<2 {
            try app.call("/run", "INSERT INTO t VALUES (1)", headers: all).expect(200)
            try app.call("/run", "INSERT INTO t VALUES (1)", headers: some).expect(403)
            try app.call("/query", "SELECT * FROM t", headers: some).expect(200)
            try app.call("/query", "SELECT * FROM t").expect(401)
        }
    }

    // MARK: Bounds

    @Test func `what comes before a token is checked is bounded`() throws {
        // Nobody's signature is right at once: frames behind HELLO wait for it.
        let jwt = tokens.jwt(#"{"tenants":["a"],"rights":["read","create"]}"#)
        let patient = try server.stranger()
        try patient.together {
            try patient.sendHello(token: Array(jwt.utf8))
            try patient.sendOpen("a")
            try patient.sendQuery("SELECT 7")
        }
        #expect(try patient.receive(for: 1).error == nil)
        _ = try patient.answer(to: 2)
        #expect(try patient.answer(to: 3).value == 7)
        let other = tokens.jwt(#"{"tenants":["a"],"rights":["read"]}"#)
        let greedy = try server.stranger()
        try greedy.together {
            try greedy.sendHello(token: Array(other.utf8))
            for _ in 0..<40 { try greedy.sendQuery("SELECT '\(String(repeating: "x", count: 1000))'") }
        }
        // What is too much is not even read before that: it waits with the sender.
        let greeting = try #require(try greedy.receive())
        #expect(greeting.error == nil)
        for _ in 0..<40 { #expect(try greedy.receive()?.error?.code == .streamNotOpen) }
        // A message to the hub is short until it is known who sends it.
        let hub = try server.webSocket("a")
        try hub.send(#"{"type":"auth","token":"\#(String(repeating: "x", count: 20_000))"}"#)
        #expect(try hub.nextClose() == 1009)
        let frames = try server.webSocket("a", subprotocol: "dosql.v1")
        try frames.send([UInt8](repeating: 0, count: 20_000))
        #expect(try frames.nextClose() == 1009)
    }

    @Test func `a socket that shows no token in time is closed`() throws {
        let tokens = tokens
        let server = try TestServer {
            tokens.configure(&$0)
            $0.session.handshakeTime = 100_000_000
        }
        let hub = try server.webSocket("a")
        #expect(try hub.nextError() == "HANDSHAKE_TIMEOUT")
        #expect(try hub.nextClose() == 1008)
        let frames = WebSocketFrames(try server.webSocket("a", subprotocol: "dosql.v1"))
        #expect(try frames.nextError(0).code == .handshakeTimeout)
    }

    // MARK: What operators see

    @Test func `failures are counted by their reason, and metrics are an administrator's`() throws {
        let admin = try tokens.key(Grant("*", rights: .admin))
        let some = try tokens.key(Grant("a*", rights: .all))
        server.reload()
        _ = try? server.client(token: "nonsense")
        _ = try server.http("a").get("/metrics")
        _ = try server.http("a", token: APIKey().text).get("/metrics")
        #expect(try server.http(token: some).get("/metrics").status == 403)
        let page = try Exposition(try server.http(token: admin).get("/metrics").text)
        #expect(try page.value("dosql_authentication_failures_total", ["reason": "malformed"]) == 1)
        #expect(try page.value("dosql_authentication_failures_total", ["reason": "missing"]) == 1)
        #expect(try page.value("dosql_authentication_failures_total", ["reason": "unknown"]) == 1)
        #expect(try page.value("dosql_authentication_failures_total", ["reason": "revoked"]) == 0)
    }
}

extension HTTPAnswer {
    /// Fails the test if the status is another one.
    func expect(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(self.status == status, "\(text)", sourceLocation: sourceLocation)
    }
}
