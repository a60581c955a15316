import DoSQLTestSupport
import Testing

/// POST /batch: steps that know what steps before them gave.
struct BatchTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        app = try server.http("acme")
        try app.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
    }

    private func batch(_ steps: String, _ members: String = "") throws -> HTTPAnswer {
        try app.post("/batch", #"{\#(members)"steps":[\#(steps)]}"#)
    }

    @Test func `a bulk insert that goes on reports each failing row, and keeps the others`() throws {
        let answer = try batch(
            ["a", "b", "a", "c"].map { #"{"sql":"INSERT INTO t(x) VALUES (?)","params":["\#($0)"]}"# }.joined(
                separator: ","), #""onError":"continue","#)
        #expect(
            try answer.guideText()
                == #"{"results":[{"status":"done","changes":1,"lastInsertRowid":1},"#
                + #"{"status":"done","changes":1,"lastInsertRowid":2},"#
                + #"{"status":"failed","error":{"error":"UNIQUE constraint failed: t.x","code":"CONSTRAINT_UNIQUE","#
                + #""category":"CONFLICT","retryable":false,"executed":"no","sqliteCode":2067,"step":2}},"#
                + #"{"status":"done","changes":1,"lastInsertRowid":3}],"changes":3,"lastInsertRowid":3}"#,
            "\(answer.text)")
        #expect(try app.count("t") == 3)
    }

    @Test func `rollback undoes all, stop keeps what came before, tolerate is for one step`() throws {
        let good = #"{"sql":"INSERT INTO t(x) VALUES ('a')"}"#
        let bad = #"{"sql":"INSERT INTO t(x) VALUES ('a')"}"#
        let other = #"{"sql":"INSERT INTO t(x) VALUES ('b')"}"#
        let rolledBack = try batch("\(good),\(bad),\(other)")
        #expect(rolledBack.status == 409)
        #expect(try rolledBack.integer("step") == 1)
        #expect(try app.count("t") == 0)
        let stopped = try batch("\(good),\(bad),\(other)", #""onError":"stop","#)
        #expect(stopped.status == 200 && stopped.text.contains(#"},{"status":"skipped"}],"#), "\(stopped.text)")
        #expect(try app.count("t") == 1)
        let tolerated = try batch(#"{"sql":"INSERT INTO t(x) VALUES ('a')","tolerate":true},\#(other)"#)
        #expect(tolerated.status == 200 && tolerated.text.contains(#"{"status":"failed","error":{"#))
        #expect(try app.count("t") == 2)
    }

    @Test func `conditions and references decide what runs`() throws {
        let answer = try batch(
            [
                #"{"sql":"UPDATE t SET x = 'new' WHERE x = 'old'"}"#,
                #"{"sql":"INSERT INTO t(x) VALUES ('made')","if":{"eq":[{"$ref":{"step":0,"value":"changes"}},0]}}"#,
                #"{"sql":"INSERT INTO t(x) VALUES ('never')","if":{"not":{"ran":1}}}"#,
                #"{"sql":"SELECT id, x FROM t WHERE id = ?","params":[{"$ref":{"step":1,"value":"lastInsertRowid"}}]}"#,
                #"{"sql":"SELECT ? AS id, ? AS x, ? AS n","want":"first","params":["#
                    + #"{"$ref":{"step":3,"column":0}},{"$ref":{"step":3,"column":1}},"#
                    + #"{"$ref":{"step":3,"value":"rowCount"}}]}"#,
                #"{"sql":"SELECT 1","want":"none","if":{"and":[{"skipped":2},{"or":[{"failed":0},{"ran":0}]}]}}"#,
            ].joined(separator: ","))
        let text = try answer.guideText()
        #expect(
            text.hasPrefix(
                #"{"results":[{"status":"done","changes":0,"lastInsertRowid":0},"#
                    + #"{"status":"done","changes":1,"lastInsertRowid":1},{"status":"skipped"},"#
                    + #"{"status":"done","rows":[{"id":1,"x":"made"}],"#), "\(text)")
        #expect(text.contains(#""rows":[{"id":1,"x":"made","n":1}]"#), "\(text)")
    }

    @Test func `what an expression or a reference cannot be is said before anything runs`() throws {
        let first = #"{"sql":"INSERT INTO t(x) VALUES (1)"}"#
        let cases = [
            (#"{"sql":"SELECT ?","params":[{"$ref":{"step":1,"value":"changes"}}]}"#, "BATCH_REFERENCE"),
            (#"{"sql":"SELECT ?","params":[{"$ref":{"step":0}}]}"#, "MALFORMED"),
            (#"{"sql":"SELECT 1","if":{"ran":1}}"#, "BATCH_REFERENCE"),
            (#"{"sql":"SELECT 1","if":{"maybe":1}}"#, "MALFORMED"),
            (#"{"sql":"SELECT 1","if":{"eq":[1]}}"#, "MALFORMED"),
            (#"{"sql":"SELECT 1","if":{}}"#, "MALFORMED"),
            (#"{"sql":"SELECT 1","message":"none"}"#, "MALFORMED"),
            (
                #"{"sql":"SELECT 1","if":"# + String(repeating: #"{"not":"#, count: 40) + #"{"ran":0}"#
                    + String(repeating: "}", count: 40) + "}", "MALFORMED"
            ),
        ]
        for (step, code) in cases {
            let answer = try batch("\(first),\(step)")
            #expect(answer.status == 400 && answer.code == code, "\(step): \(answer.text)")
        }
        #expect(try app.count("t") == 0)
    }

    @Test func `more steps than a batch has are refused`() throws {
        let steps = Array(repeating: #"{"sql":"SELECT 1","want":"none"}"#, count: 1001)
        #expect(try batch(steps.joined(separator: ",")).code == "MALFORMED")
        #expect(try batch(steps.dropLast().joined(separator: ",")).status == 200)
        let operations = try app.post("/transaction", #"{"operations":[\#(steps.joined(separator: ","))]}"#)
        #expect(operations.status == 400 && operations.code == "MALFORMED")
    }

    @Test func `a script runs its statements and says how many`() throws {
        let answer = try app.post(
            "/script", #"{"sql":"CREATE TABLE s(x); INSERT INTO s VALUES (1), (2);\n-- end\n"}"#)
        #expect(try answer.guideText() == #"{"statements":2,"changes":2,"lastInsertRowid":0}"#, "\(answer.text)")
        let failed = try app.post("/script", #"{"sql":"INSERT INTO s VALUES (3); SELCT; INSERT INTO s VALUES (4)"}"#)
        #expect(failed.status == 400 && failed.code == "SQL_ERROR")
        #expect(failed.text.contains(#""statement":{"index":1,"offset":"#), "\(failed.text)")
    }
}
