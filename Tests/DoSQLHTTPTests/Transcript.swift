import DoSQLHTTP

/// The events of a connection as values that can be compared, with the parts of each body put together.
enum Seen: Equatable {
    case head(String)
    case body(String)
    case end
    case fault(HTTPFault)
}

extension RequestParser {
    /// Feeds `text` in pieces of `size` bytes, asking for all events after each.
    func transcript(of text: String, piece size: Int = .max) -> [Seen] {
        transcript(of: Array(text.utf8), piece: size)
    }

    func transcript(of bytes: [UInt8], piece size: Int = .max) -> [Seen] {
        var seen: [Seen] = []
        var start = 0
        while start < bytes.count {
            let end = start + Swift.min(size, bytes.count - start)
            receive(Array(bytes[start..<end]).span)
            start = end
            while let event = next() { seen.note(event) }
        }
        return seen
    }

    /// Feeds `text` whole and gives the first head.
    func head(of text: String) -> RequestHead? {
        receive(Array(text.utf8).span)
        while let event = next() {
            if case .head(let head) = event { return head }
        }
        return nil
    }
}

extension [Seen] {
    mutating func note(_ event: RequestEvent) {
        switch event {
        case .head(let head): append(.head("\(head.method) \(head.target)"))
        case .body(let bytes):
            let part = String(decoding: bytes, as: UTF8.self)
            if case .body(let before) = last {
                self[count - 1] = .body(before + part)
            } else {
                append(.body(part))
            }
        case .end: append(.end)
        case .fault(let fault): append(.fault(fault))
        }
    }

    var fault: HTTPFault? {
        for case .fault(let fault) in self { return fault }
        return nil
    }
}

/// The head of a GET with these header lines and a host.
func get(_ target: String = "/", _ lines: String...) -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A POST of this body in one length.
func post(_ target: String, _ body: String) -> String {
    "POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A POST with these bytes behind the head of a chunked body.
func chunked(_ chunks: String) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
}
