import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct BatchRequestTests {
    @Test func `the operations of a transaction become steps`() throws {
        let json = """
            {"operations":[
              {"type":"query","sql":"SELECT 1"},
              {"type":"queryOne","sql":"SELECT ?","params":[1]},
              {"type":"run","sql":"DELETE FROM t","params":{"a":"b"}},
              {"type":"anything","sql":"A"},
              {"sql":"B","more":1}
            ],"deadline":10}
            """
        let key = RequestOptions(idempotencyKey: Array("k".utf8))
        #expect(
            try Translation.operations(json, options: key) == [
                "query queryOne run run run", "rollback deadline=10 key=k", "all <SELECT 1> ()",
                "first <SELECT ?> (i1)",
                "none <DELETE FROM t> {a='b'}", "none <A> ()", "none <B> ()",
            ])
    }

    @Test func `no operations need no request`() throws {
        #expect(try Translation.operations(#"{"operations":[]}"#) == [""])
    }

    @Test(arguments: [
        ("{}", "operations: an array is needed"),
        (#"{"operations":{}}"#, "operations: an array is needed"),
        (#"{"operations":[5]}"#, "operations[0]: an object is needed"),
        (#"{"operations":[{"sql":"S"},{"type":"run"}]}"#, "operations[1].sql: a string is needed"),
        (#"{"operations":[{"sql":"S","type":5}]}"#, "operations[0].type: a string is needed"),
        (
            #"{"operations":[{"sql":"S","params":[1,[2]]}]}"#,
            "operations[0].params[1]: an array is not a value: send it as text (its JSON in a string)"
        ),
        (
            #"{"operations":[{"sql":"S","params":[{"$ref":{"step":0,"column":0}}]}]}"#,
            "operations[0].params[0].$ref: only a batch has steps to refer to"
        ),
        (#"{"operations":[],"operations":[]}"#, "operations: it occurs twice"),
        (#"{"operations":[],"deadline":"x"}"#, "deadline: an integer from 0 up is needed"),
    ]) func `what are no operations is refused`(_ json: String, _ message: String) throws {
        #expect(try Translation.operations(json) == [message])
    }

    @Test func `a thousand operations are a batch and one more is not`() throws {
        func json(_ count: Int, _ name: String) -> String {
            "{\"\(name)\":[" + Array(repeating: #"{"sql":"S"}"#, count: count).joined(separator: ",") + "]}"
        }
        #expect(try Translation.operations(json(1_000, "operations")).count == 1_002)
        #expect(
            try Translation.operations(json(1_001, "operations")) == ["operations[1000]: more than 1000 operations"])
        #expect(try Translation.batch(json(1_000, "steps")).count == 1_001)
        #expect(try Translation.batch(json(1_001, "steps")) == ["steps[1000]: a batch has at most 1000 steps"])
    }

    @Test func `a batch says all that the protocol's can`() throws {
        let json = """
            {"onError":"stop","deadline":50,"steps":[
              {"sql":"INSERT INTO orders VALUES (?)","params":[1],"want":"none"},
              {"sql":"SELECT a","want":"first","if":{"ran":0}},
              {"message":"Insufficient stock","sql":"UPDATE p","tolerate":true,
               "params":{"o":{"$ref":{"step":0,"value":"lastInsertRowid"}},"c":{"$ref":{"column":2,"step":1}}},
               "if":{"and":[{"eq":[{"$ref":{"step":1,"value":"rowCount"}},1]},{"not":{"failed":0}},
                 {"or":[{"skipped":1},{"isNull":null}]}]},
               "assert":{"ge":[{"$ref":{"step":2,"value":"changes"}},1.5]}}
            ]}
            """
        #expect(
            try Translation.batch(json, options: RequestOptions(idempotencyKey: [0x6B])) == [
                "stop deadline=50 key=k",
                "none <INSERT INTO orders VALUES (?)> (i1)",
                "first <SELECT a> () if ran 0",
                "all <UPDATE p> {o=@0.rowid c=@1[2]} tolerate "
                    + "if (@1.count equal i1 and (not(failed 0) and (skipped 1 or null isNull))) "
                    + "assert @2.changes greaterOrEqual r1.5 message=Insufficient stock",
            ])
    }

    @Test(arguments: [
        ("eq", "equal"), ("ne", "notEqual"), ("lt", "less"), ("le", "lessOrEqual"), ("gt", "greater"),
        ("ge", "greaterOrEqual"),
    ]) func `each comparison`(_ name: String, _ meaning: String) throws {
        #expect(
            try Translation.batch(#"{"steps":[{"sql":"S","assert":{"\#(name)":["a",{"$blob":"AA=="}]}}]}"#)
                == ["rollback", "all <S> () assert 'a' \(meaning) blob[0]"])
    }

    @Test(arguments: ["rollback", "stop", "continue"]) func `each way with errors`(_ word: String) throws {
        #expect(try Translation.batch(#"{"onError":"\#(word)","steps":[{"sql":"S"}]}"#)[0] == word)
    }

    /// Halving a list keeps it as low as it can be: 2^15 operands are 16 operators deep, and one more is 17.
    @Test func `a list of operands is as deep as it must be`() throws {
        func json(_ count: Int) -> String {
            #"{"steps":[{"sql":"S","assert":{"and":["#
                + Array(repeating: #"{"ran":0}"#, count: count).joined(separator: ",") + "]}}]}"
        }
        #expect(try Translation.batch(json(1)) == ["rollback", "all <S> () assert ran 0"])
        #expect(try Translation.batch(json(3)) == ["rollback", "all <S> () assert (ran 0 and (ran 0 and ran 0))"])
        #expect(try Translation.batch(json(1 << 15)).count == 2)
        let fault = try Translation.batch(json(1 << 15 + 1))
        #expect(fault.count == 1)
        #expect(fault[0].hasSuffix("an expression is at most 16 operators deep"))
    }

    @Test func `sixteen operators deep and no deeper`() throws {
        func json(_ depth: Int) -> String {
            #"{"steps":[{"sql":"S","assert":"# + String(repeating: #"{"not":"#, count: depth - 1) + #"{"ran":0}"#
                + String(repeating: "}", count: depth - 1) + "}]}"
        }
        #expect(try Translation.batch(json(16)).count == 2)
        let path = String(repeating: ".not", count: 16)
        #expect(
            try Translation.batch(json(17)) == ["steps[0].assert\(path): an expression is at most 16 operators deep"])
    }

    static let notAnExpression =
        "an expression is an object with one member, named one of ran, failed, skipped, not, and, or, eq, ne, lt, "
        + "le, gt, ge, isNull"

    @Test(arguments: [
        ("{}", "steps: an array is needed"),
        (#"{"steps":[]}"#, "steps: a batch has at least one step"),
        (#"{"steps":[{}]}"#, "steps[0].sql: a string is needed"),
        (#"{"steps":[[]]}"#, "steps[0]: an object is needed"),
        (#"{"steps":[{"sql":"S","iff":{"ran":0}}]}"#, "steps[0].iff: a step has no such member"),
        (#"{"steps":[{"sql":"S","want":"some"}]}"#, #"steps[0].want: one of "none", "first", "all" is needed"#),
        (#"{"steps":[{"sql":"S"}],"onError":"ignore"}"#, #"onError: one of "rollback", "stop", "continue" is needed"#),
        (#"{"steps":[{"sql":"S","tolerate":1}]}"#, "steps[0].tolerate: true or false is needed"),
        (
            #"{"steps":[{"sql":"S","message":"m"}]}"#,
            "steps[0].message: it is the message of an assertion, and there is none"
        ),
        (#"{"steps":[{"sql":"S","if":{"ran":0}}]}"#, "BATCH_REFERENCE steps[0].if.ran: step 0 does not come before"),
        (
            #"{"steps":[{"sql":"S","assert":{"ran":1}}]}"#,
            "BATCH_REFERENCE steps[0].assert.ran: step 1 does not come before"
        ),
        (#"{"steps":[{"sql":"S","if":{"ran":-1}}]}"#, "steps[0].if.ran: the number of a step is needed"),
        (#"{"steps":[{"sql":"S","if":{"ran":"0"}}]}"#, "steps[0].if.ran: the number of a step is needed"),
        (#"{"steps":[{"sql":"S","if":true}]}"#, "steps[0].if: \(notAnExpression)"),
        (#"{"steps":[{"sql":"S","if":{}}]}"#, "steps[0].if: \(notAnExpression)"),
        (#"{"steps":[{"sql":"S","if":{"xor":[]}}]}"#, "steps[0].if: \(notAnExpression)"),
        (#"{"steps":[{"sql":"S","assert":{"ran":0,"failed":0}}]}"#, "steps[0].assert: \(notAnExpression)"),
        (#"{"steps":[{"sql":"S","if":{"and":[]}}]}"#, "steps[0].if.and: at least one expression is needed"),
        (#"{"steps":[{"sql":"S","if":{"and":{"isNull":1}}}]}"#, "steps[0].if.and: an array of expressions is needed"),
        (#"{"steps":[{"sql":"S","if":{"or":[{"isNull":1},5]}}]}"#, "steps[0].if.or[1]: \(notAnExpression)"),
        (#"{"steps":[{"sql":"S","if":{"eq":[1]}}]}"#, "steps[0].if.eq: an array of two values is needed"),
        (#"{"steps":[{"sql":"S","if":{"eq":[1,2,3]}}]}"#, "steps[0].if.eq: an array of two values is needed"),
        (#"{"steps":[{"sql":"S","if":{"eq":1}}]}"#, "steps[0].if.eq: an array of two values is needed"),
        (
            #"{"steps":[{"sql":"S","if":{"eq":[1,[]]}}]}"#,
            "steps[0].if.eq[1]: an array is not a value: send it as text (its JSON in a string)"
        ),
        (
            #"{"steps":[{"sql":"S","params":[{"$ref":{"step":0,"column":0}}]}]}"#,
            "BATCH_REFERENCE steps[0].params[0].$ref.step: step 0 does not come before"
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"column":0}}}}]}"#,
            "steps[0].assert.isNull.$ref.step: the number of a step is needed"
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"step":0}}}}]}"#,
            #"steps[0].assert.isNull.$ref: a reference has "step" and either "value" or "column""#
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"step":0,"value":"changes","column":1}}}}]}"#,
            #"steps[0].assert.isNull.$ref: a reference has "step" and either "value" or "column""#
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"step":0,"name":"id"}}}}]}"#,
            #"steps[0].assert.isNull.$ref: a reference has "step" and either "value" or "column""#
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"step":0,"value":"rowid"}}}}]}"#,
            #"steps[0].assert.isNull.$ref.value: one of "lastInsertRowid", "changes", "rowCount" is needed"#
        ),
        (
            #"{"steps":[{"sql":"S","assert":{"isNull":{"$ref":{"step":0,"column":9999999999}}}}]}"#,
            "steps[0].assert.isNull.$ref.column: there is no such column"
        ),
    ]) func `what is no batch is refused, and says why`(_ json: String, _ message: String) throws {
        #expect(try Translation.batch(json) == [message])
    }

    @Test func `an assertion's message has a bound`() throws {
        func json(_ count: Int) -> String {
            let message = String(repeating: "m", count: count)
            return #"{"steps":[{"sql":"S","assert":{"ran":0},"message":"\#(message)"}]}"#
        }
        #expect(try Translation.batch(json(1_024)).count == 2)
        #expect(try Translation.batch(json(1_025)) == ["steps[0].message: it has more than 1024 bytes"])
    }
}
