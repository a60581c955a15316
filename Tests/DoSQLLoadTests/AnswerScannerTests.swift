import DoSQLLoad
import DoSQLProtocol
import Testing

struct AnswerScannerTests {
    /// What a scanner finds in bytes that come in parts of this size.
    private func count(_ scanner: some AnswerScanner, _ bytes: [UInt8], parts: Int) throws(LoadError) -> Int {
        var scanner = scanner
        var count = 0
        for start in stride(from: 0, to: bytes.count, by: parts) {
            count += try scanner.completed(by: bytes.span.extracting(start..<min(start + parts, bytes.count)))
        }
        return count
    }

    private static let outcome = Outcome(lsn: 1)

    @Test func `frames that end a request are answers, however they come`() throws {
        var writer = ByteWriter()
        ResultMessage.encode(
            into: &writer, stream: 1, request: 2, columns: ["a"], rows: [[.integer(7)]], outcome: Self.outcome)
        RowsMessage.encode(
            into: &writer, stream: 1, request: 3, rows: [[.integer(1)], [.text("much more than a header")]])
        ResultMessage.encode(into: &writer, stream: 1, request: 3, columns: [], rows: [], outcome: Self.outcome)
        let bytes = writer.take()
        for parts in 1...bytes.count { #expect(try count(FrameAnswers(), bytes, parts: parts) == 2) }
    }

    @Test func `an ERROR ends the load with its words, however it comes`() throws {
        var writer = ByteWriter()
        ErrorMessage(.sqlError, "no such table: nowhere").encode(into: &writer, stream: 1, request: 2)
        let bytes = writer.take()
        for parts in 1...bytes.count {
            let error = #expect(throws: LoadError.self) { try count(FrameAnswers(), bytes, parts: parts) }
            #expect(error?.description.contains("no such table: nowhere") == true)
        }
    }

    @Test func `answers of HTTP are as long as they say`() throws {
        let bytes = Array(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n\r\n\r\n.HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                .utf8)
        for parts in 1...bytes.count { #expect(try count(HTTPAnswers(), bytes, parts: parts) == 2) }
    }

    @Test func `an answer of HTTP that is not 200 is an error`() throws {
        let bytes = Array("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".utf8)
        let error = #expect(throws: LoadError.self) { try count(HTTPAnswers(), bytes, parts: bytes.count) }
        #expect(error?.description.contains("503") == true)
    }

    @Test func `answers of one size are counted, and their beginning is looked at`() throws {
        let right = Array("+OK\r\n+OK\r\n+OK\r\n".utf8)
        let scanner = FixedAnswers(size: 5, start: Array("+OK".utf8))
        for parts in 1...right.count { #expect(try count(scanner, right, parts: parts) == 3) }
        #expect(throws: LoadError.self) { try count(scanner, Array("+OK\r\n-ERR no\r\n".utf8), parts: 10) }
    }

    @Test func `now and then an answer is a sample`() throws {
        var scanner = FixedAnswers(size: 2)
        var samples: [(place: Int, answer: [UInt8])] = []
        for _ in 0..<64 {
            _ = try scanner.completed(by: Array("abcd".utf8).span)
            if let sample = scanner.takeSample() { samples.append(sample) }
        }
        #expect(samples.count == 1 && samples[0].place == 0 && samples[0].answer == Array("ab".utf8))
    }
}
