import DoSQLHTTP
import Testing

/// A request that must be refused, with what it is refused for.
struct Form: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    let fault: HTTPFault

    init(_ name: String, _ text: String, _ fault: HTTPFault) {
        self.name = name
        self.text = text
        self.fault = fault
    }

    var testDescription: String { name }
}

/// Forms that some program reads as another request than the next one does. Behind each comes a request that must
/// never be seen.
@Suite struct SmugglingTests {
    @Test(arguments: lengths + encodings + lineEnds + names + hosts + requestLines + chunks + trailers)
    func `nothing comes out behind a form that can be read in two ways`(_ form: Form) {
        let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        let bytes = form.text + smuggled + smuggled
        let whole = RequestParser().transcript(of: bytes)
        #expect(whole.last == .fault(form.fault))
        #expect(!whole.contains(.head("GET /smuggled")))
        for size in [1, 2, 3, 7] {
            #expect(RequestParser().transcript(of: bytes, piece: size) == whole, "in pieces of \(size)")
        }
    }

    @Test(arguments: lengths + encodings + lineEnds + names + hosts + requestLines + chunks + trailers)
    func `a form is refused behind a good request too`(_ form: Form) {
        let parser = RequestParser()
        #expect(parser.transcript(of: post("/first", "abc")) == [.head("POST /first"), .body("abc"), .end])
        #expect(parser.transcript(of: form.text + get("/smuggled")).last == .fault(form.fault))
        #expect(parser.transcript(of: get("/smuggled")) == [])
        #expect(parser.progress == .finished)
        #expect(parser.bufferedBytes == 0)
    }

    static func lines(_ lines: String, body: String = "") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n\(body)"
    }

    static let lengths = [
        Form("equal lengths", lines("Content-Length: 3\r\nContent-Length: 3", body: "abc"), .twoLengths),
        Form("two lengths", lines("Content-Length: 3\r\nContent-Length: 4", body: "abcd"), .twoLengths),
        Form("equal lengths, other case", lines("Content-Length: 3\r\ncontent-length: 3", body: "abc"), .twoLengths),
        Form("a list of equal lengths", lines("Content-Length: 3, 3", body: "abc"), .twoLengths),
        Form("a list of lengths", lines("Content-Length: 3,4", body: "abc"), .twoLengths),
        Form("an empty length", lines("Content-Length:"), .badLength),
        Form("a length of spaces", lines("Content-Length:   "), .badLength),
        Form("a length with a plus", lines("Content-Length: +3", body: "abc"), .badLength),
        Form("a length with a minus", lines("Content-Length: -1"), .badLength),
        Form("a hexadecimal length", lines("Content-Length: 0x3", body: "abc"), .badLength),
        Form("a length with a fraction", lines("Content-Length: 3.0", body: "abc"), .badLength),
        Form("a length with a space in it", lines("Content-Length: 1 0", body: "a"), .badLength),
        Form("a length with an underscore", lines("Content-Length: 1_0", body: "a"), .badLength),
        Form("a length in words", lines("Content-Length: three", body: "abc"), .badLength),
        Form("a length in quotes", lines("Content-Length: \"3\"", body: "abc"), .badLength),
        Form("a length in other digits", lines("Content-Length: ٣", body: "abc"), .badLength),
        Form("a length beyond 64 bits", lines("Content-Length: 18446744073709551619", body: "abc"), .bodyTooLarge),
        Form("a length beyond 63 bits", lines("Content-Length: 9223372036854775808", body: "abc"), .bodyTooLarge),
        Form("a length of forty digits", lines("Content-Length: 1" + String(repeating: "0", count: 39)), .bodyTooLarge),
    ]

    static let encodings = [
        Form(
            "length, then encoding", lines("Content-Length: 5\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            .lengthAndEncoding),
        Form(
            "encoding, then length", lines("Transfer-Encoding: chunked\r\nContent-Length: 5", body: "0\r\n\r\n"),
            .lengthAndEncoding),
        Form(
            "no length and encoding", lines("Content-Length: 0\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            .lengthAndEncoding),
        Form(
            "two encodings", lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", body: "0\r\n\r\n"),
            .twoEncodings),
        Form(
            "chunked, then identity", lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
            .twoEncodings),
        Form("chunked twice", lines("Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n"), .unknownEncoding),
        Form("gzip", lines("Transfer-Encoding: gzip"), .unknownEncoding),
        Form("gzip, then chunked", lines("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunked, then gzip", lines("Transfer-Encoding: chunked, gzip"), .unknownEncoding),
        Form("identity", lines("Transfer-Encoding: identity"), .unknownEncoding),
        Form("an empty encoding", lines("Transfer-Encoding:"), .unknownEncoding),
        Form("xchunked", lines("Transfer-Encoding: xchunked", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunkedx", lines("Transfer-Encoding: chunkedx", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunked with a comma", lines("Transfer-Encoding: ,chunked", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunked in quotes", lines("Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunked with a parameter", lines("Transfer-Encoding: chunked;q=1", body: "0\r\n\r\n"), .unknownEncoding),
        Form("chunked with a vertical tab", lines("Transfer-Encoding: \u{b}chunked"), .controlInValue),
        Form("chunked with a NUL", lines("Transfer-Encoding: chunked\0"), .controlInValue),
        Form("chunked with an obscure space", lines("Transfer-Encoding: chunked\u{a0}"), .unknownEncoding),
        Form(
            "chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .encodingInOldVersion),
        Form(
            "length and chunked in HTTP/1.0",
            "POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .encodingInOldVersion),
    ]

    static let lineEnds = [
        Form("LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
        Form("LF behind a header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", .bareLineFeed),
        Form("LF behind the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        Form("LF only", "GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
        Form("LF before the request line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Form("LF in a name", lines("X\n: y"), .bareLineFeed),
        Form("LF in a target", "GET /\nHTTP/1.1\r\nHost: a\r\n\r\n", .bareLineFeed),
        Form("CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", .bareCarriageReturn),
        Form("CR behind a header", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", .bareCarriageReturn),
        Form("CR behind the head", "GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareCarriageReturn),
        Form("CR before CRLF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .bareCarriageReturn),
        Form("CR before the request line", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .bareCarriageReturn),
        Form("CR in a value", lines("X: a\rb"), .bareCarriageReturn),
        Form("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .leadingSpace),
        Form("a space first", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", .leadingSpace),
        Form("a tab first", "\tGET / HTTP/1.1\r\nHost: a\r\n\r\n", .leadingSpace),
        Form("an empty line and a space first", "\r\n GET / HTTP/1.1\r\nHost: a\r\n\r\n", .leadingSpace),
    ]

    static let names = [
        Form("a folded value", lines("X: a\r\n b"), .foldedLine),
        Form("a value folded with a tab", lines("X: a\r\n\tb"), .foldedLine),
        Form("a folded encoding", lines("Transfer-Encoding:\r\n chunked"), .unknownEncoding),
        Form("a space before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedLine),
        Form("a space before the colon", lines("Content-Length : 3", body: "abc"), .spaceBeforeColon),
        Form("a tab before the colon", lines("Transfer-Encoding\t: chunked"), .spaceBeforeColon),
        Form("a space in a name", lines("Content Length: 3", body: "abc"), .spaceBeforeColon),
        Form("a line without a colon", lines("Content-Length", body: "abc"), .missingColon),
        Form("a name without letters", lines(": chunked"), .badHeaderName),
        Form("a NUL in a name", lines("Content-Length\0: 3", body: "abc"), .badHeaderName),
        Form("a parenthesis in a name", lines("X(y): z"), .badHeaderName),
        Form("a slash in a name", lines("X/y: z"), .badHeaderName),
        Form("a letter beyond ASCII in a name", lines("Xä: z"), .badHeaderName),
        Form("a NUL in a value", lines("X: a\0b"), .controlInValue),
        Form("a backspace in a value", lines("X: a\u{8}b"), .controlInValue),
        Form("an escape in a value", lines("X: \u{1b}[2J"), .controlInValue),
        Form("a delete in a value", lines("X: a\u{7f}"), .controlInValue),
        Form("another expectation", lines("Expect: 200-ok"), .unknownExpectation),
        Form("an empty expectation", lines("Expect:"), .unknownExpectation),
    ]

    static let hosts = [
        Form("no host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
        Form("no host, another header", "GET / HTTP/1.1\r\nX: y\r\n\r\n", .missingHost),
        Form("no host for an absolute target", "GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
        Form("two hosts", lines("Host: b"), .twoHosts),
        Form("equal hosts", lines("Host: a"), .twoHosts),
        Form("a list of hosts", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", .badHost),
        Form("a host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .badHost),
        Form("a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        Form("a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", .badHost),
        Form("a host with a port of letters", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
        Form("a host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", .badHost),
        Form("a host with a port of six digits", "GET / HTTP/1.1\r\nHost: a:100000\r\n\r\n", .badHost),
        Form("a port without a host", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .badHost),
        Form("an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
        Form("empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", .badHost),
        Form("letters in brackets", "GET / HTTP/1.1\r\nHost: [host]\r\n\r\n", .badHost),
        Form("a host beyond ASCII", "GET / HTTP/1.1\r\nHost: ä\r\n\r\n", .badHost),
        Form("a bad host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .badHost),
    ]

    static let requestLines = [
        Form("no version", "GET /\r\nHost: a\r\n\r\n", .missingVersion),
        Form("a space and no version", "GET / \r\nHost: a\r\n\r\n", .missingVersion),
        Form("only a method", "GET\r\nHost: a\r\n\r\n", .badRequestLine),
        Form("two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Form("two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Form("a space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badRequestLine),
        Form("a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Form("two versions", "GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        Form("a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Form("a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Form("a NUL first", "\0GET / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        Form("bytes of TLS", "\u{16}\u{3}\u{1}\u{2}", .badMethod),
        Form("a small method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        Form("a method nobody knows", "FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        Form("more than a method", "GETX / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        Form("less than a method", "GE / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod),
        Form("a proxy's method", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .connectMethod),
        Form("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        Form("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Form("HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Form("HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .unsupportedVersion),
        Form("a small version", "GET / http/1.1\r\nHost: a\r\n\r\n", .badVersion),
        Form("a short version", "GET / HTTP/1\r\nHost: a\r\n\r\n", .badVersion),
        Form("a long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .badVersion),
        Form("a version with zeros", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", .badVersion),
        Form("another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", .badVersion),
        Form("a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a quote in the target", "GET /\" HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a control in the target", "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a letter beyond ASCII in the target", "GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a relative target", "GET query HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("an absolute target with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("an absolute target without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a target of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        Form("a broken escape", get("/%"), .badEscape),
        Form("half an escape", get("/%4"), .badEscape),
        Form("an escape of no digits", get("/%zz"), .badEscape),
        Form("an escape that is not UTF-8", get("/%ff"), .badEscape),
        Form("a broken escape in the query", get("/?a=%1"), .badEscape),
        Form("a query that is not UTF-8", get("/?a=%c3%28"), .badEscape),
        Form("dot segments", get("/a/../b"), .dotSegment),
        Form("dot segments at the end", get("/a/.."), .dotSegment),
        Form("a dot", get("/./a"), .dotSegment),
        Form("escaped dot segments", get("/a/%2e%2E/b"), .dotSegment),
        Form("half escaped dot segments", get("/a/.%2e"), .dotSegment),
        Form("a NUL in the path", get("/a%00b"), .controlInPath),
        Form("a line end in the path", get("/a%0d%0ab"), .controlInPath),
    ]

    static let chunks = [
        Form("no size", chunked("\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size that is no number", chunked("g\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size with 0x", chunked("0x3\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size with a plus", chunked("+3\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size with a minus", chunked("-3\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a space before a size", chunked(" 3\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a space behind a size", chunked("3 \r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a tab behind a size", chunked("3\t\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a space before an extension", chunked("3 ;a=b\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("an underscore in a size", chunked("1_0\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size beyond 64 bits", chunked("10000000000000003\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size beyond 63 bits", chunked("8000000000000003\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("a size of many zeros", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n"), .badChunkSize),
        Form("LF behind a size", chunked("3\nabc\r\n0\r\n\r\n"), .bareLineFeed),
        Form("CR behind a size", chunked("3\rabc\r\n0\r\n\r\n"), .bareCarriageReturn),
        Form("LF behind an extension", chunked("3;a\nabc\r\n0\r\n\r\n"), .bareLineFeed),
        Form("CR in an extension", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), .bareCarriageReturn),
        Form("a NUL in an extension", chunked("3;a\0\r\nabc\r\n0\r\n\r\n"), .badChunkExtension),
        Form(
            "an endless extension", chunked("3;" + String(repeating: "a", count: 300) + "\r\nabc\r\n0\r\n\r\n"),
            .badChunkExtension),
        Form("LF behind the data", chunked("3\r\nabc\n0\r\n\r\n"), .badChunkEnd),
        Form("CR behind the data", chunked("3\r\nabc\r0\r\n\r\n"), .badChunkEnd),
        Form("nothing behind the data", chunked("3\r\nabc0\r\n\r\n"), .badChunkEnd),
        Form("more data than its size", chunked("2\r\nabc\r\n0\r\n\r\n"), .badChunkEnd),
        Form("two line ends behind the data", chunked("3\r\nabc\r\n\r\n0\r\n\r\n"), .badChunkSize),
        Form("LF behind the last size", chunked("0\n\r\n"), .bareLineFeed),
        Form("LF at the end of the body", chunked("0\r\n\n"), .bareLineFeed),
        Form("CR at the end of the body", chunked("0\r\n\rX"), .bareCarriageReturn),
    ]

    static let trailers = [
        Form("LF behind a trailer", chunked("0\r\nX: y\n\r\n"), .bareLineFeed),
        Form("CR behind a trailer", chunked("0\r\nX: y\rZ: a\r\n\r\n"), .bareCarriageReturn),
        Form("a folded trailer", chunked("0\r\nX: y\r\n z\r\n\r\n"), .foldedLine),
        Form("a trailer without a colon", chunked("0\r\nX\r\n\r\n"), .missingColon),
        Form("a trailer with a space before its colon", chunked("0\r\nX : y\r\n\r\n"), .spaceBeforeColon),
        Form("a trailer whose name is no token", chunked("0\r\nX(: y\r\n\r\n"), .badHeaderName),
        Form("a NUL in a trailer", chunked("0\r\nX: \0\r\n\r\n"), .controlInValue),
        Form("a length in a trailer", chunked("0\r\nContent-Length: 30\r\n\r\n"), .framingInTrailer),
        Form("an encoding in a trailer", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), .framingInTrailer),
        Form("a host in a trailer", chunked("0\r\nHost: b\r\n\r\n"), .framingInTrailer),
    ]
}
