import DoSQLProtocol

/// Answers of HTTP/1.1 whose length their heads tell (RFC 9112, 6.2); anything but 200 is an error.
package struct HTTPAnswers: AnswerScanner {
    private static let lengthName = Array("Content-Length: ".utf8)

    /// What was received of an answer that is not complete.
    private var rest: [UInt8] = []
    private var calls = 0
    private var sample: (place: Int, answer: [UInt8])?

    package init() {}

    package mutating func completed(by bytes: Span<UInt8>) throws(LoadError) -> Int {
        calls += 1
        if rest.isEmpty {
            let (count, used) = try Self.scan(bytes)
            if Self.isSampled(calls), let (headEnd, length) = try Self.head(bytes, from: 0),
                headEnd + length <= used
            {
                sample = (0, [UInt8](copying: bytes.extracting(headEnd..<headEnd + length)))
            }
            for index in used..<bytes.count { rest.append(bytes[index]) }
            return count
        }
        for index in bytes.indices { rest.append(bytes[index]) }
        let all = rest
        let (count, used) = try Self.scan(all.span)
        rest.removeFirst(used)
        return count
    }

    package mutating func takeSample() -> (place: Int, answer: [UInt8])? {
        defer { sample = nil }
        return sample
    }

    private static func scan(_ bytes: Span<UInt8>) throws(LoadError) -> (count: Int, used: Int) {
        var count = 0
        var used = 0
        while let (headEnd, length) = try head(bytes, from: used), headEnd + length <= bytes.count {
            count += 1
            used = headEnd + length
        }
        return (count, used)
    }

    /// Where the head that begins at `start` ends, and how long the body behind it is; nil: it is not complete.
    private static func head(_ bytes: Span<UInt8>, from start: Int) throws(LoadError) -> (Int, Int)? {
        var length: Int?
        var lineStart = start
        for index in start..<bytes.count where bytes[index] == UInt8(ascii: "\n") {
            if index - lineStart == 1 {
                guard let length else { throw LoadError("an answer does not say how long it is") }
                return (index + 1, length)
            }
            if lineStart == start {
                guard index - start > 12, bytes[start + 9] == UInt8(ascii: "2"), bytes[start + 10] == UInt8(ascii: "0"),
                    bytes[start + 11] == UInt8(ascii: "0")
                else { throw LoadError("an answer is not 200: \(text(bytes, start, bytes.count))") }
            } else if bytes[lineStart] == UInt8(ascii: "C"), let value = number(bytes, lineStart, index) {
                length = value
            }
            lineStart = index + 1
        }
        return nil
    }

    /// The number in a Content-Length line; nil if it is another line.
    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
        let name = lengthName
        guard end - start > name.count + 1 else { return nil }
        for index in name.indices where bytes[start + index] != name[index] { return nil }
        var value = 0
        for index in (start + name.count)..<(end - 1) { value = value * 10 + Int(bytes[index] &- UInt8(ascii: "0")) }
        return value
    }

    private static func text(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> String {
        String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self)
    }
}
