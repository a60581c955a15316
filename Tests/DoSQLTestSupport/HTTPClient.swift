/// A client that speaks HTTP/1.1 over one connection and nothing more: every test sees exactly what came.
///
/// It belongs to one thread. Answers come in the order of the requests, which may be sent ahead (pipelining).
public final class HTTPClient {
    /// The socket, for tests that cut or starve it.
    public let socket: BlockingSocket
    /// Where it is connected to.
    public let address: String
    /// How long an answer is waited for.
    public var patience = Deadline.patience
    /// Sent with every request.
    public var headers: [(String, String)] = []

    private var received: [UInt8] = []
    private var isAtEnd = false
    private let server: AnyObject?

    /// Connects and sends nothing.
    public init(connectingTo address: String, receiveBuffer: Int? = nil, server: AnyObject? = nil) throws {
        self.address = address
        self.server = server
        socket = try BlockingSocket(connectingTo: address, receiveBuffer: receiveBuffer)
    }

    // MARK: Sending

    /// Sends a request with a Host and, if it has a body, its Content-Length; waits for nothing.
    public func send(
        _ method: String, _ path: String, headers own: [(String, String)] = [], body: String? = nil
    ) throws {
        var text = "\(method) \(path) HTTP/1.1\r\n"
        let all = headers + own
        if !all.contains(where: { $0.0.lowercased() == "host" }) { text += "Host: localhost\r\n" }
        for (name, value) in all { text += "\(name): \(value)\r\n" }
        if let body {
            if !all.contains(where: { $0.0.lowercased() == "content-type" }) {
                text += "Content-Type: application/json\r\n"
            }
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        try socket.send(Array((text + "\r\n" + (body ?? "")).utf8))
    }

    /// Sends text as it stands.
    public func send(raw text: String) throws { try socket.send(Array(text.utf8)) }

    // MARK: Receiving

    /// Sends a request and waits for its answer.
    public func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: String? = nil
    ) throws -> HTTPAnswer {
        try send(method, path, headers: headers, body: body)
        return try answer(toHead: method == "HEAD")
    }

    /// POSTs JSON and waits for the answer.
    public func post(_ path: String, _ body: String, headers: [(String, String)] = []) throws -> HTTPAnswer {
        try request("POST", path, headers: headers, body: body)
    }

    /// GETs and waits for the answer.
    public func get(_ path: String, headers: [(String, String)] = []) throws -> HTTPAnswer {
        try request("GET", path, headers: headers)
    }

    /// Waits for the next answer; those of the 100s but 101 are passed over.
    public func answer(toHead isHead: Bool = false) throws -> HTTPAnswer {
        let deadline = Deadline(in: patience)
        var answer = try head(deadline)
        while answer.status >= 100 && answer.status < 200 && answer.status != 101 { answer = try head(deadline) }
        if isHead || answer.status == 204 || answer.status == 304 || answer.status == 101 { return answer }
        if answer.header("transfer-encoding")?.lowercased() == "chunked" {
            while let chunk = try chunk(deadline) {
                if chunk.isEmpty { return answer }
                answer.body += chunk
            }
            answer.isComplete = false
        } else if let length = answer.header("content-length").flatMap({ Int($0) }) {
            while received.count < length, try more(deadline) {}
            answer.body = Array(received.prefix(length))
            received.removeFirst(min(length, received.count))
            answer.isComplete = answer.body.count == length
        } else {
            while try more(deadline) {}
            answer.body = received
            received = []
        }
        return answer
    }

    /// Waits for the next answer's status line and fields; its body is read with ``chunk(_:)`` or ``bytes(_:)``.
    public func head() throws -> HTTPAnswer { try head(Deadline(in: patience)) }

    private func head(_ deadline: Deadline) throws -> HTTPAnswer {
        var lines: [String] = []
        while true {
            guard let line = try line(deadline) else { throw TestSupportError("the connection ended before an answer") }
            if line.isEmpty { break }
            lines.append(line)
        }
        let words = (lines.first ?? "").split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw TestSupportError("this is no status line: \(lines.first ?? "")")
        }
        let headers = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1]).trimmed : ""
            return (parts[0].lowercased(), value)
        }
        return HTTPAnswer(status: status, headers: headers, body: [], isComplete: true)
    }

    /// The next chunk of a chunked body; empty: the body is complete; nil: the connection ended.
    public func chunk() throws -> [UInt8]? { try chunk(Deadline(in: patience)) }

    private func chunk(_ deadline: Deadline) throws -> [UInt8]? {
        guard let line = try line(deadline) else { return nil }
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
            throw TestSupportError("this is no chunk size: \(line)")
        }
        while received.count < size + 2 { guard try more(deadline) else { return nil } }
        let chunk = Array(received.prefix(size))
        received.removeFirst(size + 2)
        return chunk
    }

    /// The next bytes of whatever comes; none: the connection ended.
    public func bytes(_ deadline: Deadline? = nil) throws -> [UInt8] {
        if received.isEmpty { _ = try more(deadline ?? Deadline(in: patience)) }
        defer { received = [] }
        return received
    }

    /// Whether the server ends the connection, within the patience, without another byte.
    public func isEnded() throws -> Bool {
        let deadline = Deadline(in: patience)
        return received.isEmpty ? try !more(deadline) : false
    }

    private func line(_ deadline: Deadline) throws -> String? {
        var searched = 0
        while true {
            if let end = received[searched...].firstIndex(of: 0x0A) {
                var line = received[..<end]
                if line.last == 0x0D { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                received.removeFirst(end + 1)
                return text
            }
            searched = received.count
            guard try more(deadline) else { return nil }
        }
    }

    private func more(_ deadline: Deadline) throws -> Bool {
        guard !isAtEnd else { return false }
        let bytes = try socket.receive(deadline)
        if bytes.isEmpty { isAtEnd = true }
        received += bytes
        return !bytes.isEmpty
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }
}
