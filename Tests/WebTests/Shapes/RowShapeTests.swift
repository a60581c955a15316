import DoSQLTestSupport
import Testing

/// How rows and values stand in JSON, and what is asked for in the query of a path.
struct RowShapeTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        app = try server.http("acme")
    }

    private func query(_ path: String, _ sql: String, _ params: String = "[]") throws -> String {
        try app.call(path, sql, params).guideText()
    }

    @Test func `rows may be arrays, which keep columns of one name apart`() throws {
        let sql = "SELECT 1 AS a, 2 AS b, 3 AS a UNION ALL SELECT 4, NULL, 'x'"
        #expect(
            try query("/query?rows=arrays", sql)
                == #"{"columns":["a","b","a"],"rows":[[1,2,3],[4,null,"x"]]}"#)
        #expect(try query("/query?rows=objects", sql) == #"{"rows":[{"b":2,"a":3},{"b":null,"a":"x"}]}"#)
        #expect(try query("/query", sql) == #"{"rows":[{"b":2,"a":3},{"b":null,"a":"x"}]}"#)
        #expect(
            try query("/queryOne?rows=arrays", sql) == #"{"columns":["a","b","a"],"row":[1,2,3]}"#)
        #expect(
            try query("/queryOne?rows=arrays", "SELECT 1 AS a WHERE 0") == #"{"columns":["a"],"row":null}"#)
        #expect(try query("/query?rows=arrays", "SELECT 1 AS a WHERE 0") == #"{"columns":["a"],"rows":[]}"#)
        let operations = try app.post(
            "/transaction?rows=arrays",
            #"{"operations":[{"type":"query","sql":"SELECT 1 AS a, 2 AS a"},{"type":"queryOne","sql":"SELECT 3 AS b"}]}"#
        )
        #expect(
            try operations.guideText()
                == #"{"results":[{"columns":["a","a"],"rows":[[1,2]]},{"columns":["b"],"row":[3]}]}"#)
    }

    @Test func `names of columns are escaped`() throws {
        #expect(
            try query("/query", "SELECT 1 AS \"quo\"\"te\", 2 AS \"back\\slash\", 3 AS \"line\nbreak\", 4 AS \"größe\"")
                == #"{"rows":[{"quo\"te":1,"back\\slash":2,"line\nbreak":3,"größe":4}]}"#)
    }

    @Test func `64-bit integers beyond 2^53 are strings, or numbers, or tagged, as asked`() throws {
        let sql = "SELECT ?1 AS max, ?2 AS min, 9007199254740991 AS safe, 9007199254740992 AS not_safe, typeof(?1) AS t"
        for params in [
            "[9223372036854775807,-9223372036854775808]",
            #"[{"$int":"9223372036854775807"},{"$int":"-9223372036854775808"}]"#,
        ] {
            #expect(
                try query("/query", sql, params)
                    == #"{"rows":[{"max":"9223372036854775807","min":"-9223372036854775808","#
                    + #""safe":9007199254740991,"not_safe":"9007199254740992","t":"integer"}]}"#)
            #expect(
                try query("/query?ints=number", sql, params)
                    == #"{"rows":[{"max":9223372036854775807,"min":-9223372036854775808,"#
                    + #""safe":9007199254740991,"not_safe":9007199254740992,"t":"integer"}]}"#)
            #expect(
                try query("/query?ints=tagged&rows=arrays", sql, params)
                    == #"{"columns":["max","min","safe","not_safe","t"],"rows":[["#
                    + #"{"$int":"9223372036854775807"},{"$int":"-9223372036854775808"},"#
                    + #"9007199254740991,{"$int":"9007199254740992"},"integer"]]}"#)
        }
        try app.run("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        #expect(
            try query("/run", "INSERT INTO t VALUES (9223372036854775807)")
                == #"{"changes":1,"lastInsertRowid":"9223372036854775807"}"#)
        #expect(try app.call("/query", "SELECT ?", #"[{"$int":"9223372036854775808"}]"#).status == 400)
    }

    @Test func `reals come back as they were, infinities tagged, and never as integers`() throws {
        #expect(
            try query(
                "/query", "SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e",
                "[0.1,-0.0,1e308,5e-324,2.0]")
                == #"{"rows":[{"a":0.1,"b":-0.0,"c":1e+308,"d":5e-324,"e":2.0}]}"#)
        #expect(
            try query("/query", "SELECT ? AS a, -9e999 AS b, typeof(?1) AS t", #"[{"$double":"Infinity"}]"#)
                == #"{"rows":[{"a":{"$double":"Infinity"},"b":{"$double":"-Infinity"},"t":"real"}]}"#)
        let nan = try app.call("/query", "SELECT ?", #"[{"$double":"NaN"}]"#)
        #expect(nan.status == 400 && nan.code == "NAN_NOT_STORABLE", "\(nan.text)")
        #expect(
            try query("/query", "SELECT ? AS a, typeof(?1) AS t", #"[{"$double":"3"}]"#)
                == #"{"rows":[{"a":3.0,"t":"real"}]}"#)
        for word in ["NaN", "Infinity", "-Infinity", "0x10", "01", "1.", ".5", "+1", "1e", "--1"] {
            #expect(try app.call("/query", "SELECT ?", "[\(word)]").code == "MALFORMED", "\(word)")
        }
    }

    @Test func `blobs, and text that is not UTF-8, are base64`() throws {
        #expect(
            try query(
                "/query", "SELECT ?1 AS b, typeof(?1) AS t, length(?1) AS n, x'' AS none", #"[{"$blob":"AAH/gA=="}]"#)
                == #"{"rows":[{"b":{"$blob":"AAH/gA=="},"t":"blob","n":4,"none":{"$blob":""}}]}"#)
        #expect(
            try query("/query", "SELECT CAST(x'61FF62' AS TEXT) AS x, typeof(CAST(x'61FF62' AS TEXT)) AS t")
                == #"{"rows":[{"x":{"$text":"Yf9i"},"t":"text"}]}"#)
        #expect(
            try query("/query", "SELECT ?1 AS x, typeof(?1) AS t, hex(?1) AS h", #"[{"$text":"Yf9i"}]"#)
                == #"{"rows":[{"x":{"$text":"Yf9i"},"t":"text","h":"61FF62"}]}"#)
        for bad in ["A", "AA", "AA=", "A===", "AA==AA==", "AA_=", "AA =="] {
            #expect(try app.call("/query", "SELECT ?", #"[{"$blob":"\#(bad)"}]"#).status == 400, "\(bad)")
        }
    }

    @Test func `parameters may have names`() throws {
        #expect(
            try query("/query", "SELECT :a AS a, @b AS b, $c AS c, :a AS again", #"{"a":1,"b":"two","c":null}"#)
                == #"{"rows":[{"a":1,"b":"two","c":null,"again":1}]}"#)
        let missing = try app.call("/query", "SELECT :a, :b", #"{"a":1}"#)
        #expect(missing.status == 400 && missing.code == "PARAMETER_MISSING", "\(missing.text)")
        #expect(try app.call("/query", "SELECT :a", #"{"a":1,"x":2}"#).code == "PARAMETER_UNKNOWN")
        #expect(try query("/query", "SELECT ?2 AS b, ?1 AS a", "[1,2]") == #"{"rows":[{"b":2,"a":1}]}"#)
        #expect(try app.call("/query", "SELECT ?", "[1,2]").code == "PARAMETER_COUNT")
    }

    @Test func `strings may be escaped in any way that JSON has`() throws {
        #expect(
            try query("/query", "SELECT ? AS x", #"["\u00e9\/\ud83d\ude42\t\"\\ é"]"#)
                == #"{"rows":[{"x":"é/🙂\t\"\\ é"}]}"#)
        #expect(try app.post("/query", #"{"s\u0071l":"SELECT 1"}"#).guideText() == #"{"rows":[{"1":1}]}"#)
        for bad in [#""\ud83d""#, #""\ude42\ud83d""#, #""\x""#, "\"\n\"", #""\u12""#, "'a'"] {
            #expect(try app.call("/query", "SELECT ?", "[\(bad)]").code == "MALFORMED", "\(bad)")
        }
    }

    @Test func `an option that is not one is refused`() throws {
        for query in ["rows=array", "rows=", "ints=float", "ints=String"] {
            let answer = try app.call("/query?\(query)", "SELECT 1")
            #expect(answer.status == 400 && answer.code == "MALFORMED", "\(query)")
        }
        #expect(try app.call("/query?rowsMax=2", "SELECT 1 UNION SELECT 2").status == 200)
        let more = try app.call("/query?rowsMax=2", "SELECT 1 UNION SELECT 2 UNION SELECT 3")
        #expect(more.status == 507 && more.code == "RESULT_TOO_LARGE", "\(more.text)")
        #expect(
            try app.call("/query?other=1&rows=arrays", "SELECT 1").guideText() == #"{"columns":["1"],"rows":[[1]]}"#)
    }
}
