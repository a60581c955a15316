import DoSQLTestSupport
import Testing

/// Rows that would be far longer as JSON than they are: objects repeat the columns' names, which a client chooses.
struct ExpansionTests {
    private let server: TestServer
    private let client: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        client = try server.http("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run(
            "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT n FROM c"
        )
    }

    /// 300 KB of a name, 3,000 times: 900 MB.
    private static let name = String(repeating: "n", count: 300_000)
    private static let rows = "SELECT x AS \"\(name)\" FROM t"

    @Test(arguments: ["/query", "/transaction", "/batch"])
    func `an answer is refused before it is made, and the server lives on`(_ path: String) throws {
        let sql = Self.rows.json
        let body =
            switch path {
            case "/query": HTTPClient.statement(Self.rows)
            case "/batch": #"{"steps":[{"sql":\#(sql)}]}"#
            default: #"{"operations":[{"type":"query","sql":\#(sql)}]}"#
            }
        let answer = try client.post(path, body)
        #expect(answer.code == "RESULT_TOO_LARGE", "\(answer.status) \(answer.text.prefix(300))")
        // Names once are no longer than the rows.
        let other = try server.http("acme")
        let arrays = try other.post(path + "?rows=arrays", body)
        #expect(arrays.status == 200, "\(arrays.text.prefix(300))")
        #expect(try other.count("t") == 3_000)
    }

    @Test func `what streams breaks off instead`() throws {
        let body = HTTPClient.statement(
            "SELECT x AS \"\(Self.name)\", zeroblob(600) AS z FROM t")
        for headers in [[], [("Accept", "application/x-ndjson")]] {
            let reader = try server.http("acme")
            let answer = try reader.post("/query", body, headers: headers)
            #expect(answer.status != 200 || !answer.isComplete, "\(answer.status)")
            #expect(answer.body.count < 64 << 20)
        }
        #expect(try server.http("acme").count("t") == 3_000)
    }

    @Test func `a write that is answered so was carried out, and says so`() throws {
        let answer = try client.call("/query", "UPDATE t SET x = -x RETURNING x AS \"\(Self.name)\"")
        #expect(answer.code == "RESULT_TOO_LARGE" && answer.text.contains(#""executed":"yes""#), "\(answer.text)")
        #expect(try server.http("acme").integer("SELECT max(x) AS n FROM t") == -1)
    }

    @Test func `the hub refuses it, too, and goes on`() throws {
        let hub = try server.webSocket("acme")
        try hub.send(#"{"type":"query","sql":\#(Self.rows.json),"id":1}"#)
        #expect(try hub.nextError() == "RESULT_TOO_LARGE")
        #expect(try hub.ask(#"{"type":"query","sql":"SELECT 1 AS n","id":2}"#).contains(#""rows":[{"n":1}]"#))
    }

    @Test func `many narrow rows with ordinary names are answered`() throws {
        let columns = (0..<60).map { "NULL AS an_ordinary_name_\($0)" }.joined(separator: ", ")
        let answer = try client.call("/query", "SELECT \(columns) FROM t")
        #expect(answer.status == 200 && answer.isComplete && answer.body.count > 4 << 20, "\(answer.status)")
    }
}
