import DoSQLHTTP
import Testing

@Suite struct ResponseHeadTests {
    private func text(_ head: ResponseHead, date: HTTPDate? = nil) -> String {
        var output: [UInt8] = []
        head.encode(into: &output, date: date)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `a head has what was said and how the body ends`() {
        var head = ResponseHead(status: 200, framing: .length(42))
        head.add("Content-Type", "application/json")
        #expect(
            text(head, date: HTTPDate(unixSeconds: 784_111_777))
                == "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: application/json\r\n"
                + "Content-Length: 42\r\n\r\n")
    }

    @Test func `the body's end is told in each of four ways`() {
        let line = "HTTP/1.1 200 OK\r\n"
        #expect(text(ResponseHead(status: 200, framing: .length(0))) == line + "Content-Length: 0\r\n\r\n")
        #expect(text(ResponseHead(status: 200, framing: .chunked)) == line + "Transfer-Encoding: chunked\r\n\r\n")
        #expect(text(ResponseHead(status: 200, framing: .untilClose)) == line + "Connection: close\r\n\r\n")
        #expect(text(ResponseHead(status: 204, framing: .none)) == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    @Test func `the connection's fate is told once`() {
        let line = "HTTP/1.1 204 No Content\r\n"
        #expect(
            text(ResponseHead(status: 204, framing: .none, connection: .keepAlive))
                == line + "Connection: keep-alive\r\n\r\n")
        #expect(
            text(ResponseHead(status: 204, framing: .none, connection: .close)) == line + "Connection: close\r\n\r\n")
        #expect(
            text(ResponseHead(status: 200, framing: .untilClose, connection: .keepAlive))
                == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    }

    @Test func `a value stays one line whatever it has`() {
        var head = ResponseHead(status: 200, framing: .none)
        head.add("X-Request-ID", "a\r\nSet-Cookie: b\n\rc\0d\u{7f}e\tf€")
        #expect(text(head) == "HTTP/1.1 200 OK\r\nX-Request-ID: a  Set-Cookie: b  c d e\tf€\r\n\r\n")
    }

    @Test(arguments: [
        (101, "Switching Protocols"), (304, "Not Modified"), (400, "Bad Request"), (404, "Not Found"),
        (405, "Method Not Allowed"), (408, "Request Timeout"), (413, "Content Too Large"), (414, "URI Too Long"),
        (417, "Expectation Failed"), (426, "Upgrade Required"), (431, "Request Header Fields Too Large"),
        (500, "Internal Server Error"), (501, "Not Implemented"), (503, "Service Unavailable"),
        (505, "HTTP Version Not Supported"), (599, ""),
    ])
    func `a status has its phrase`(status: Int, phrase: String) {
        #expect(text(ResponseHead(status: status, framing: .none)) == "HTTP/1.1 \(status) \(phrase)\r\n\r\n")
    }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 65_535, 1_000_000, Int.max])
    func `a length is written in full`(length: Int) {
        #expect(text(ResponseHead(status: 200, framing: .length(length))).contains("Content-Length: \(length)\r\n"))
    }

    @Test func `a block is appended as it is`() {
        let block = HeaderBlock(["A": "1", "B": "2"])
        var head = ResponseHead(status: 200, framing: .none, headers: block)
        head.add("C", "3")
        head.headers.append(HeaderBlock(["D": "4"]))
        #expect(text(head) == "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n")
    }

    @Test func `an encoded head goes behind what was there`() {
        var output = ResponseHead.continueBytes
        ResponseHead(status: 204, framing: .none).encode(into: &output)
        #expect(
            String(decoding: output, as: UTF8.self)
                == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")
    }
}

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (-86_400, "Wed, 31 Dec 1969 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (Int64.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
        ] as [(Int64, String)])
    func `a moment is written as HTTP has it`(seconds: Int64, text: String) {
        #expect(String(decoding: HTTPDate(unixSeconds: seconds).bytes, as: UTF8.self) == text)
    }

    @Test func `days follow one another through a leap year and its century`() {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        var day: Int64 = 0
        for year in 1970...2104 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(months, lengths) {
                for number in 1...length {
                    let date = String(decoding: HTTPDate(unixSeconds: day * 86_400 + 3_661).bytes, as: UTF8.self)
                    let digits = number < 10 ? "0\(number)" : "\(number)"
                    guard date == "\(weekdays[Int(day % 7)]), \(digits) \(month) \(year) 01:01:01 GMT" else {
                        Issue.record("\(date) is not day \(day)")
                        return
                    }
                    day += 1
                }
            }
        }
    }
}

@Suite struct ChunkEncoderTests {
    @Test func `chunks are read back as they were written`() {
        var bytes = Array(chunked("").utf8)
        ChunkEncoder.encode([], into: &bytes)
        ChunkEncoder.encode(Array("hello".utf8), into: &bytes)
        let chunk = ChunkEncoder.begin(in: &bytes)
        bytes += [UInt8](repeating: 0x78, count: 300)
        ChunkEncoder.end(chunk, in: &bytes)
        let nothing = ChunkEncoder.begin(in: &bytes)
        ChunkEncoder.end(nothing, in: &bytes)
        ChunkEncoder.encodeEnd(into: &bytes)
        let seen = RequestParser().transcript(of: bytes + Array(get("/next").utf8), piece: 11)
        #expect(
            seen == [
                .head("POST /"), .body("hello" + String(repeating: "x", count: 300)), .end, .head("GET /next"), .end,
            ])
    }

    @Test func `a chunk is its size and its data`() {
        var bytes: [UInt8] = []
        ChunkEncoder.encode([UInt8](repeating: 0x61, count: 171), into: &bytes)
        #expect(String(decoding: bytes.prefix(11), as: UTF8.self) == "000000ab\r\na")
        #expect(bytes.count == 10 + 171 + 2)
        #expect(bytes.suffix(2) == [0x0D, 0x0A])
    }
}
