import DoSQLTestSupport
import Testing

struct QueryTests {
    let server: TestServer

    init() throws {
        server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT UNIQUE, age)")
        try client.run("INSERT INTO users(name, age) VALUES ('ada', 36), ('bob', NULL)")
    }

    @Test func `rows come as a table`() throws {
        let run = try server.query("SELECT * FROM users WHERE id < ?", "5")
        #expect(run.status == 0 && run.errors == "")
        #expect(run.output == " id | name | age\n----+------+------\n  1 | ada  |   36\n  2 | bob  | NULL\n(2 rows)\n")
    }

    @Test func `or as JSON, or as CSV`() throws {
        let sql = "SELECT name, age, 9007199254740993 AS big, x'0102' AS b FROM users WHERE id = 1"
        let json = try server.query(sql, "--format", "json")
        #expect(
            json.output
                == "[{\"name\": \"ada\", \"age\": 36, \"big\": \"9007199254740993\", \"b\": {\"$blob\": \"AQI=\"}}]\n")
        #expect(try server.query(sql, "--format", "csv").output == "name,age,big,b\nada,36,9007199254740993,0102\n")
    }

    @Test func `a statement without rows leaves standard output alone`() throws {
        let run = try server.query("INSERT INTO users(name) VALUES (?)", "eve")
        #expect(run.status == 0 && run.output == "")
        #expect(run.errors == "1 row changed, last insert rowid 3\n")
        #expect(try server.query("DELETE FROM users", "--format", "json").output == "[]\n")
    }

    @Test func `INSERT RETURNING gives its rows, once`() throws {
        #expect(
            try server.query("INSERT INTO users(name) VALUES ('eve') RETURNING id", "--format", "csv").output
                == "id\n3\n")
        #expect(try server.query("SELECT count(*) FROM users", "--format", "csv").output == "count(*)\n3\n")
    }

    @Test func `parameters by place and by name, with types or as text`() throws {
        let types = "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?)"
        let values = ["1", "1.5", "null", "x'00'", "007"]
        let run = try CommandRun(["query", try server.url("acme"), types] + values + ["--format", "csv"])
        #expect(run.output.split(separator: "\n").last == "integer,real,null,blob,text")
        let texts = try CommandRun(["query", try server.url("acme"), types] + values + ["--format", "csv", "--text"])
        #expect(texts.output.split(separator: "\n").last == "text,text,text,text,text")
        let named = try server.query("SELECT :a + @b AS s", "--param", "a=40", "--param", "@b=2", "--format", "csv")
        #expect(named.output == "s\n42\n")
        #expect(try server.query("SELECT ? AS x", "--format", "csv", "--", "-5").output == "x\n-5\n")
    }

    @Test func `the statement may come through standard input`() throws {
        #expect(try server.query("-", "3", "--format", "csv", input: "SELECT\n ? AS x\n;\n").output == "x\n3\n")
    }

    @Test func `an error has SQLite's words, the code and a caret`() throws {
        let run = try server.query("SELECT 'äö日', nope FROM users")
        #expect(run.status == 1 && run.output == "")
        #expect(
            run.errors
                == "Error: no such column: nope (SQL_ERROR)\n  SELECT 'äö日', nope FROM users\n                 ^\n")
        let conflict = try server.query("INSERT INTO users(name) VALUES ('ada')")
        #expect(conflict.status == 1)
        #expect(conflict.errors == "Error: UNIQUE constraint failed: users.name (CONSTRAINT_UNIQUE)\n")
    }

    @Test func `what is not one statement, and BEGIN, are refused`() throws {
        #expect(try server.query("SELECT 1; SELECT 2").errors.contains("(SEVERAL_STATEMENTS)"))
        #expect(try server.query("BEGIN").errors.contains("(TRANSACTION_CONTROL)"))
        #expect(try server.query("SELECT ?").errors.contains("(PARAMETER_COUNT)"))
    }

    @Test func `a deadline ends a statement`() throws {
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        // The client gives up by itself, as TIMEOUT, where the machine lets it not reach the server or hear its answer.
        let isTold = try Deadline.poll {
            let run = try server.query(endless, "--deadline", "1000")
            #expect(run.status == 1 && run.output == "")
            if run.errors.contains("(DEADLINE_EXCEEDED)") { return true }
            #expect(run.errors.contains("(TIMEOUT)"))
            return false
        }
        #expect(isTold)
    }

    @Test func `a result of many frames comes whole`() throws {
        let sql =
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100000) SELECT x, 'some text' FROM c"
        let lines = try server.query(sql, "--format", "csv").output.split(separator: "\n")
        #expect(lines.count == 100_001 && lines.last == "100000,some text")
    }

    @Test(arguments: [
        ["query"], ["query", "dosql://127.0.0.1/acme"], ["query", "http://127.0.0.1/acme", "SELECT 1"],
        ["query", "dosql://127.0.0.1", "SELECT 1"], ["query", "dosql://127.0.0.1/acme", "SELECT 1", "--format", "xml"],
        ["query", "dosql://127.0.0.1/acme", "SELECT ?", "1", "--param", "a=1"], ["nope"], ["shell"],
        ["serve", "--synchronous", "maybe"],
        ["query", "dosql://127.0.0.1/acme", "SELECT 1", "--param", "a"], ["migrate", "status", "--migrations", "x"],
        ["migrate", "run", "--data", "x", "--migrations", "x"],
    ])
    func `wrong usage ends with 2 and says so on standard error`(arguments: [String]) throws {
        let run = try CommandRun(arguments)
        #expect(run.status == 2 && run.output == "")
        #expect(run.errors.contains("Error: ") && run.errors.contains("Usage: "))
    }

    @Test(arguments: [["--help"], ["--version"], ["query", "--help"], ["help", "shell"]])
    func `help and version are no errors`(arguments: [String]) throws {
        let run = try CommandRun(arguments)
        #expect(run.status == 0 && run.output != "" && run.errors == "")
    }

    @Test func `a server that is not there is told with its address`() throws {
        // A port that a server has left may be another one's by now; a path stays nobody's.
        let path = server.folder.path(of: "nobody")
        let run = try CommandRun(["query", "dosql+unix://\(path)?tenant=acme", "SELECT 1"])
        #expect(run.status == 1 && run.errors.contains(path))
    }
}
