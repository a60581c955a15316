import DoSQLJSON
import DoSQLProtocol
import Testing

/// MIGRATE, SCRIPT, BEGIN, COMMIT and savepoints.
@Suite struct OtherRequestTests {
    @Test func `migrations become a body`() throws {
        let json =
            #"{"dryRun":true,"migrations":[{"id":"1_a","sql":"A;\n"},{"sql":"B","id":"2_b","down":"x"}]}"#
        let body = try translate(json) { bytes, writer throws(JSONFault) in
            try MigrateRequest.encode(bytes.span, into: &writer)
        }
        #expect(try RequestReading.migrations(body) == ["dry", "1_a: A;\n", "2_b: B"])
        let none = try translate(#"{"migrations":[]}"#) { bytes, writer throws(JSONFault) in
            try MigrateRequest.encode(bytes.span, into: &writer)
        }
        #expect(try RequestReading.migrations(none) == ["run"])
    }

    @Test(arguments: [
        ("{}", "migrations: an array is needed"),
        (#"{"migrations":[{"id":"1"}]}"#, "migrations[0].sql: a string is needed"),
        (#"{"migrations":[{"sql":"S"}]}"#, "migrations[0].id: a string is needed"),
        (#"{"migrations":[],"dryRun":"yes"}"#, "dryRun: true or false is needed"),
        (#"{"migrations":[{"id":"1","sql":"S"},7]}"#, "migrations[1]: an object is needed"),
    ]) func `what are no migrations is refused`(_ json: String, _ message: String) {
        #expect(
            fault(json) { bytes, writer throws(JSONFault) in try MigrateRequest.encode(bytes.span, into: &writer) }
                == message)
    }

    @Test func `a script becomes a body`() throws {
        let body = try translate(#"{"sql":"A;\nB;","deadline":7}"#) { bytes, writer throws(JSONFault) in
            try ScriptRequest.encode(
                bytes.span, options: RequestOptions(idempotencyKey: [0x6B], credit: 1, rowsMax: 2), into: &writer)
        }
        let script = try Script(body.span)
        let sql = String(repairing: script.sql)
        #expect(sql == "A;\nB;")
        #expect(script.deadline == 7)
        let key = RequestReading.key(script.idempotencyKey)
        #expect(key == "k")
        #expect(
            fault(#"{"sql":["A"]}"#) { bytes, writer throws(JSONFault) in
                try ScriptRequest.encode(bytes.span, into: &writer)
            } == "sql: a string is needed")
    }

    @Test(
        arguments: [
            ("", Begin.Mode.write, nil, nil, nil), ("{}", .write, nil, nil, nil),
            (#"{"mode":"read"}"#, .read, nil, nil, nil),
            (#"{"mode":null,"wait":1,"idle":2,"total":3}"#, .write, 1, 2, 3),
            (#"{"total":9,"mode":"write"}"#, .write, nil, nil, 9),
        ] as [(String, Begin.Mode, UInt64?, UInt64?, UInt64?)])
    func `the beginning of a transaction`(
        _ json: String, _ mode: Begin.Mode, _ wait: UInt64?, _ idle: UInt64?, _ total: UInt64?
    ) throws {
        let body = try translate(json) { bytes, writer throws(JSONFault) in
            try TransactionRequest.encodeBegin(bytes.span, into: &writer)
        }
        let begin = try Begin(body.span)
        #expect(begin.mode == mode)
        #expect(begin.deadline == wait)
        #expect(begin.idle == idle)
        #expect(begin.total == total)
    }

    @Test(arguments: [
        (#"{"mode":"exclusive"}"#, #"mode: one of "read", "write" is needed"#),
        (#"{"wait":-1}"#, "wait: an integer from 0 up is needed"),
        (#"{"idle":1.5}"#, "idle: an integer from 0 up is needed"),
        (#"{"total":true}"#, "total: an integer from 0 up is needed"), ("[]", "an object is needed"),
    ]) func `what begins no transaction is refused`(_ json: String, _ message: String) {
        #expect(
            fault(json) { bytes, writer throws(JSONFault) in
                try TransactionRequest.encodeBegin(bytes.span, into: &writer)
            } == message)
    }

    @Test func `a commit has a key or nothing`() throws {
        var writer = ByteWriter()
        try TransactionRequest.encodeCommit(into: &writer)
        #expect(writer.isEmpty)
        try TransactionRequest.encodeCommit(options: RequestOptions(idempotencyKey: [0x6B]), into: &writer)
        let key = RequestReading.key(try Commit(writer.bytes.span).idempotencyKey)
        #expect(key == "k")
    }

    @Test func `a savepoint has a name`() throws {
        let body = try translate(#"{"name":"sp \u00e9"}"#) { bytes, writer throws(JSONFault) in
            try TransactionRequest.encodeSavepoint(bytes.span, into: &writer)
        }
        let name = String(repairing: try Savepoint(body.span, kind: .set).name)
        #expect(name == "sp é")
        for name in ["", String(repeating: "n", count: 65)] {
            #expect(
                fault("{\"name\":\"\(name)\"}") { bytes, writer throws(JSONFault) in
                    try TransactionRequest.encodeSavepoint(bytes.span, into: &writer)
                } == "name: a savepoint's name has 1 to 64 bytes")
        }
    }

    private func translate(
        _ json: String, _ encode: ([UInt8], inout ByteWriter) throws(JSONFault) -> Void
    ) throws -> [UInt8] {
        var writer = ByteWriter()
        try encode(Array(json.utf8), &writer)
        return writer.bytes
    }

    private func fault(
        _ json: String, _ encode: ([UInt8], inout ByteWriter) throws(JSONFault) -> Void
    ) -> String? {
        var writer = ByteWriter([7])
        do throws(JSONFault) {
            try encode(Array(json.utf8), &writer)
            return nil
        } catch {
            return Translation.told(error, writer)
        }
    }
}
