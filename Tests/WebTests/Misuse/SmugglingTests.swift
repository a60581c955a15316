import DoSQLTestSupport
import Testing

/// Requests that two programs in a row could read in two ways: each is refused, the connection closed, and what was
/// hidden behind it is not carried out (RFC 9112 section 11.2).
struct SmugglingTests {
    private static let insert = #"{"sql":"INSERT INTO t VALUES ('smuggled')"}"#

    /// A whole request, as it would stand behind another.
    private static let hidden =
        "POST /run HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nContent-Length: \(insert.utf8.count)\r\n\r\n\(insert)"

    /// `POST /query` with lines between its Host and the empty line, and what stands behind that.
    private static func post(_ lines: String, _ rest: String = "") -> String {
        "POST /query HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\n\(lines)\r\n\(rest)"
    }

    private static func chunked(_ rest: String) -> String { post("Transfer-Encoding: chunked\r\n", rest) }

    private static let forms: [(name: String, request: String, status: Int)] = [
        // Lengths.
        ("two lengths", post("Content-Length: 0\r\nContent-Length: 50\r\n"), 400),
        ("two lengths that agree", post("Content-Length: 0\r\nContent-Length: 0\r\n"), 400),
        ("a list of lengths", post("Content-Length: 0, 0\r\n"), 400),
        ("a length with a sign", post("Content-Length: +0\r\n"), 400),
        ("a negative length", post("Content-Length: -1\r\n"), 400),
        ("a length in hexadecimal", post("Content-Length: 0x0\r\n"), 400),
        ("a length with a space inside", post("Content-Length: 0 0\r\n"), 400),
        ("an empty length", post("Content-Length:\r\n"), 400),
        ("a length that overflows", post("Content-Length: 18446744073709551616\r\n"), 413),
        ("a length and an encoding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        ("an encoding and a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400),
        // Encodings.
        ("an unknown encoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 501),
        ("an encoding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501),
        ("an encoding behind chunked", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 501),
        ("identity", post("Transfer-Encoding: identity\r\n"), 501),
        ("an empty encoding", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), 501),
        ("a quoted encoding", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501),
        ("two encodings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        ("a vertical tab before chunked", post("Transfer-Encoding: \u{B}chunked\r\n", "0\r\n\r\n"), 400),
        (
            "an encoding in HTTP/1.0",
            "POST /query HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        // Chunks.
        ("a chunk size with 0x", chunked("0x0\r\n\r\n"), 400),
        ("a chunk size with a sign", chunked("+0\r\n\r\n"), 400),
        ("a negative chunk size", chunked("-1\r\n\r\n"), 400),
        ("a chunk size with a space before", chunked(" 0\r\n\r\n"), 400),
        ("a chunk size with a space behind", chunked("0 \r\n\r\n"), 400),
        ("an empty chunk size", chunked("\r\n\r\n"), 400),
        ("a chunk size of many digits", chunked("00000000000000000\r\n\r\n"), 400),
        ("a chunk size that overflows", chunked("FFFFFFFFFFFFFFFF\r\n"), 400),
        ("a chunk size that is too large", chunked("FFFFFFFF\r\n"), 413),
        ("a chunk size that ends in LF", chunked("0\n\r\n"), 400),
        ("a chunk size that ends in CR", chunked("0\r\r\n\r\n"), 400),
        ("an extension with LF", chunked("0;a\nb\r\n\r\n"), 400),
        ("an extension without end", chunked("0;" + String(repeating: "a", count: 300) + "\r\n\r\n"), 400),
        ("a chunk longer than its size", chunked("1\r\n{}\r\n0\r\n\r\n"), 400),
        ("a chunk that ends in LF", chunked("2\r\n{}\n0\r\n\r\n"), 400),
        ("a length in the trailers", chunked("0\r\nContent-Length: 50\r\n\r\n"), 400),
        ("an encoding in the trailers", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400),
        ("a folded trailer", chunked("0\r\nX: 1\r\n y\r\n\r\n"), 400),
        // Lines.
        ("a request line that ends in LF", "POST /query HTTP/1.1\nHost: x\r\n\r\n", 400),
        ("a header that ends in LF", post("X: y\n"), 400),
        ("a head that ends in LF", "POST /query HTTP/1.1\r\nHost: x\r\nX: y\r\n\n", 400),
        ("a CR in a value", post("X: a\rContent-Length: 5\r\n"), 400),
        ("a NUL in a value", post("X: a\0b\r\n"), 400),
        ("a folded header", post("X: a\r\n b\r\n"), 400),
        ("a folded length", post("Content-Length:\r\n 0\r\n"), 400),
        ("a first header that is folded", "POST /query HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        ("a space before the colon", post("Content-Length : 0\r\n"), 400),
        ("a tab before the colon", post("Transfer-Encoding\t: chunked\r\n"), 400),
        ("a header without a colon", post("Content-Length\r\n"), 400),
        ("a header without a name", post(": 0\r\n"), 400),
        ("a name with a NUL", post("Content\0-Length: 0\r\n"), 400),
        ("a name that is not ASCII", post("Conténsé: 0\r\n"), 400),
        ("two empty lines before", "\r\n\r\n" + post("Content-Length: 0\r\n"), 400),
        ("space before", " " + post("Content-Length: 0\r\n"), 400),
        // Hosts.
        ("no Host", "POST /query HTTP/1.1\r\nX-Tenant-ID: acme\r\n\r\n", 400),
        ("two Hosts", post("Host: x\r\n"), 400),
        ("a Host with a path", "POST /query HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
        ("a Host with a user", "POST /query HTTP/1.1\r\nHost: a@x\r\n\r\n", 400),
        ("a Host with a space", "POST /query HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("a Host with a bad port", "POST /query HTTP/1.1\r\nHost: x:8o\r\n\r\n", 400),
        ("a list of Hosts", "POST /query HTTP/1.1\r\nHost: x, y\r\n\r\n", 400),
        // Request lines.
        ("two spaces", "POST  /query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("a tab", "POST\t/query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("no version", "POST /query\r\nHost: x\r\n\r\n", 400),
        ("a version with small letters", "POST /query http/1.1\r\nHost: x\r\n\r\n", 400),
        ("a version that is not spoken", "POST /query HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        ("a version with a space behind", "POST /query HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
        ("a target that is not ASCII", "POST /quéry HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("a target with bad escapes", "POST /qu%zzry HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("a target with dots", "POST /t/acme/../query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("a target with escaped dots", "POST /t/acme/%2e%2e/query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("a target with a control", "POST /query%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", 501),
        ("a method nobody knows", "SMUGGLE /query HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        ("a method that is no token", "PO{ST /query HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ]

    @Test(arguments: forms.indices)
    func `a request with two readings is refused, and nothing behind it is carried out`(index: Int) throws {
        let form = Self.forms[index]
        let server = try TestServer(loops: 1)
        let other = try server.http("acme")
        try other.run("CREATE TABLE t(x)")
        for prefix in ["", Self.post("Content-Length: 12\r\n", #"{"sql":"--"}"#)] {
            let client = try server.http()
            try client.send(raw: prefix + form.request + Self.hidden)
            if !prefix.isEmpty { #expect(try client.answer().code == "EMPTY_STATEMENT") }
            let answer = try client.answer()
            #expect(answer.status == form.status, "\(form.name): \(answer.status) \(answer.text)")
            #expect(answer.isComplete && answer.header("connection") == "close")
            #expect(answer.header("content-type") == "application/json")
            #expect(try client.isEnded(), "\(form.name)")
        }
        #expect(try other.count("t") == 0, "\(form.name)")
    }

    @Test func `the same bytes in order are two requests`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        try client.run("CREATE TABLE t(x)")
        let body = HTTPClient.statement("SELECT 1")
        try client.send(
            raw: Self.post("Content-Length: \(body.utf8.count)\r\n", body) + "\r\n" + Self.hidden
                + Self.chunked("\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n") + Self.hidden)
        for expected in [
            #"{"rows":[{"1":1}]}"#, #"{"changes":1,"lastInsertRowid":1}"#, #"{"rows":[{"1":1}]}"#,
            #"{"changes":1,"lastInsertRowid":2}"#,
        ] { #expect(try client.answer().guideText() == expected) }
    }

    @Test func `what came whole before a bad request is carried out and answered`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        try client.run("CREATE TABLE t(x)")
        try client.send(raw: Self.hidden + Self.hidden + "BAD\r\n\r\n" + Self.hidden)
        for id in 1...2 { #expect(try client.answer().guideText() == #"{"changes":1,"lastInsertRowid":\#(id)}"#) }
        #expect(try client.answer().status == 400)
        #expect(try client.isEnded())
        #expect(try server.http("acme").count("t") == 2)
    }

    @Test func `a body that its sender did not finish is not carried out`() throws {
        let server = try TestServer(loops: 1)
        let other = try server.http("acme")
        try other.run("CREATE TABLE t(x)")
        let whole = Self.hidden
        for kept in stride(from: 1, to: whole.utf8.count, by: 7) {
            let client = try server.http()
            try client.socket.send(Array(whole.utf8.prefix(kept)))
            if kept % 2 == 0 {
                client.socket.reset()
            } else {
                client.socket.finishSending()
                #expect(try client.isEnded())
            }
        }
        // A chunked body whose last chunk is missing is the same.
        let client = try server.http()
        try client.send(
            raw: "POST /run HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "\(String(Self.insert.utf8.count, radix: 16))\r\n\(Self.insert)\r\n")
        client.socket.finishSending()
        #expect(try client.isEnded())
        #expect(try other.count("t") == 0)
    }
}
