import DoSQLCompression
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Answers that are compressed, and messages of the binary protocol in HTTP.
struct CodingTests {
    private let server: TestServer
    private let client: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        client = try server.http("acme")
    }

    // MARK: gzip

    private static let long = "SELECT printf('%.*c', 5000, 'x') AS x"
    private static let many = """
        SELECT n, 'row number ' || n AS text
        FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 30000) SELECT n FROM c)
        """

    private func unpack(_ bytes: [UInt8]) throws -> String {
        let inflater = Inflater(.gzip)
        var text: [UInt8] = []
        try inflater.append(bytes.span, into: &text, outputMax: 1 << 26)
        try inflater.finish()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `a long answer is compressed for whoever accepts that`() throws {
        let plain = try client.call("/query", Self.long)
        #expect(plain.header("content-encoding") == nil && plain.body.count > 5000)
        for accepted in ["gzip", "deflate, gzip;q=0.5", "*", "br, x-gzip"] {
            let packed = try client.call("/query", Self.long, headers: [("Accept-Encoding", accepted)])
            #expect(packed.status == 200 && packed.header("content-encoding") == "gzip", "\(accepted)")
            #expect(packed.header("vary")?.lowercased().contains("accept-encoding") == true)
            #expect(packed.header("content-length") == "\(packed.body.count)" && packed.body.count < 500)
            #expect(try unpack(packed.body) == plain.text)
        }
        for refused in ["identity", "gzip;q=0", "br", "", "*;q=0, identity"] {
            let answer = try client.call("/query", Self.long, headers: [("Accept-Encoding", refused)])
            #expect(answer.header("content-encoding") == nil && answer.text == plain.text, "\(refused)")
        }
        // A short one is not worth it.
        let short = try client.call("/query", "SELECT 1", headers: [("Accept-Encoding", "gzip")])
        #expect(short.header("content-encoding") == nil)
        #expect(try short.guideText() == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `a stream is compressed as it goes, for one client after the other`() throws {
        let plain = try client.call("/query", Self.many)
        for _ in 0..<3 {
            for headers in [[], [("Accept", "application/x-ndjson")]] {
                let packed = try client.call("/query", Self.many, headers: headers + [("Accept-Encoding", "gzip")])
                #expect(packed.header("content-encoding") == "gzip" && packed.isComplete)
                #expect(packed.header("transfer-encoding") == "chunked" && packed.header("content-length") == nil)
                let text = try unpack(packed.body)
                if headers.isEmpty {
                    #expect(text == plain.text)
                } else {
                    #expect(text.split(separator: "\n").count == 30000)
                }
                #expect(packed.body.count < plain.body.count / 3)
            }
        }
    }

    @Test func `errors are compressed too if they are long, and whole`() throws {
        let name = String(repeating: "x", count: 3000)
        let answer = try client.call("/query", "SELECT * FROM \(name)", headers: [("Accept-Encoding", "gzip")])
        #expect(answer.status == 400 && answer.header("content-encoding") == "gzip")
        #expect(try unpack(answer.body).hasPrefix(#"{"error":"no such table: xxx"#))
    }

    // MARK: Binary

    private static let binary = "application/vnd.dosql"

    /// Sends a message's body, and takes the frames of the answer.
    private func binary(_ path: String, _ body: [UInt8], accept: String = binary) throws -> HTTPAnswer {
        try client.socket.send(
            Array(
                """
                POST \(path) HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nContent-Type: \(Self.binary)\r
                Accept: \(accept)\r\nContent-Length: \(body.count)\r\n\r\n
                """.utf8) + body)
        return try client.answer()
    }

    private static func execute(_ kind: Execute.Kind, _ sql: String, _ parameters: [Value] = []) -> [UInt8] {
        var writer = ByteWriter()
        Execute.encode(
            into: &writer, kind: kind, stream: 1, request: 1, statement: .sql(sql), parameters: .positional(parameters))
        return Array(writer.take().dropFirst(FrameHeader.size))
    }

    private static func frames(_ bytes: [UInt8]) -> [(FrameHeader, [UInt8])] {
        var frames: [(FrameHeader, [UInt8])] = []
        var position = 0
        while position + FrameHeader.size <= bytes.count {
            let header = FrameHeader(decoding: bytes.span, at: position)
            let end = position + FrameHeader.size + Int(header.length)
            frames.append((header, Array(bytes[(position + FrameHeader.size)..<min(end, bytes.count)])))
            position = end
        }
        return frames
    }

    @Test func `a body may be a binary message, and the answer its frames`() throws {
        let made = try binary("/run", Self.execute(.run, "CREATE TABLE t(x)"))
        #expect(made.status == 200 && made.header("content-type") == Self.binary)
        let run = try binary(
            "/run", Self.execute(.run, "INSERT INTO t VALUES (?), (?)", [.real(.infinity), .blob([0, 255])]))
        let frame = try #require(Self.frames(run.body).first)
        #expect(frame.0.type == MessageType.done.rawValue)
        #expect(try Done(frame.1.span).outcome.changes == 2)
        let rows = try binary("/query", Self.execute(.query, "SELECT x FROM t"))
        let result = try #require(Self.frames(rows.body).first)
        #expect(result.0.type == MessageType.result.rawValue)
        var reader = try ResultMessage(result.1.span).rows.makeReader()
        let hasRow = reader.nextRow()
        #expect(hasRow)
        guard case .real(let value) = try reader.nextValue() else { throw TestSupportError("no real") }
        #expect(value == .infinity)
        // In and out are apart.
        let mixed = try binary("/query", Self.execute(.query, "SELECT 1"), accept: "application/json")
        #expect(try mixed.guideText() == #"{"rows":[{"1":1}]}"#)
        let out = try client.call("/query", "SELECT 1", headers: [("Accept", Self.binary)])
        #expect(Self.frames(out.body).first?.0.type == MessageType.result.rawValue)
    }

    @Test func `a large result is HEAD, ROWS and DONE`() throws {
        let answer = try client.call("/query", Self.many, headers: [("Accept", Self.binary)])
        let frames = Self.frames(answer.body)
        #expect(frames.first?.0.type == MessageType.head.rawValue)
        #expect(frames.last?.0.type == MessageType.done.rawValue)
        #expect(frames.dropFirst().dropLast().allSatisfy { $0.0.type == MessageType.rows.rawValue })
        var count = 0
        for frame in frames.dropFirst().dropLast() {
            var reader = try RowsMessage(frame.1.span, columns: 2).rows.makeReader()
            while reader.nextRow() {
                _ = try reader.nextValue()
                _ = try reader.nextValue()
                count += 1
            }
        }
        #expect(count == 30000)
    }

    @Test func `a body that would end a binary connection is a client's mistake here, also in a transaction`() throws {
        // A step count that lies, and what follows.
        let bad: [UInt8] = [0x02, 0x01, 0x02, 0xFF, 0x7F, 0x04, 0x03, 0x80]
        for path in ["/batch", "/transaction", "/migrate"] {
            let answer = try binary(path, bad, accept: "application/json")
            #expect(answer.status == 400 && answer.code == "MALFORMED", "\(path): \(answer.text)")
        }
        let id = try client.begin()
        let answer = try binary("/transactions/\(id)/batch", bad, accept: "application/json")
        #expect(answer.status == 400 && answer.code == "MALFORMED", "\(answer.text)")
        #expect(try client.call("/transactions/\(id)/query", "SELECT 1").status == 200)
        #expect(try client.post("/transactions/\(id)/rollback", "").status == 200)
    }

    @Test func `an error is a frame with its status, and a body that is no message is MALFORMED`() throws {
        let wrong = try binary("/query", Self.execute(.query, "SELECT * FROM x"))
        #expect(wrong.status == 400 && wrong.header("content-type") == Self.binary)
        let frame = try #require(Self.frames(wrong.body).first)
        #expect(frame.0.type == MessageType.error.rawValue)
        #expect(try ErrorMessage(frame.1.span).code == .sqlError)
        for body in [[], [0], [0, 200], Array(Self.execute(.query, "SELECT 1").dropLast()), Array("{}".utf8)]
            as [[UInt8]]
        {
            let answer = try binary("/query", body, accept: "application/json")
            #expect(answer.status == 400 && answer.code == "MALFORMED", "\(body): \(answer.text)")
        }
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }
}
