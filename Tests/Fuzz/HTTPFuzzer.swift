import DoSQLHTTP

/// libFuzzer on everything of HTTP that reads bytes.
///
///     DOSQL_FUZZ=1 swift build --scratch-path .build-fuzz --sanitize=fuzzer --product HTTPFuzzer
///     .build-fuzz/debug/HTTPFuzzer -max_total_time=30
///
/// The first byte of an input says how the rest is cut; the rest are the bytes of a connection. They must be the same
/// requests whole and in pieces, stay within the limits, and end at the first fault.
@c(LLVMFuzzerTestOneInput)
public func fuzzHTTP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard input.count > 1 else { return 0 }
    let bytes = Array(input.dropFirst())
    let whole = FuzzedConnection(bytes) { bytes.count }
    var state = UInt64(input[0]) &+ 1
    let pieces = FuzzedConnection(bytes) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 60) + 1
    }
    let octets = FuzzedConnection(bytes) { 1 }
    precondition(whole == pieces, "Pieces are the same requests as the whole.")
    precondition(whole == octets, "Octets are the same requests as the whole.")
    readValues(String(decoding: bytes, as: UTF8.self))
    return 0
}

/// What came out of a connection's bytes.
private struct FuzzedConnection: Equatable {
    struct Request: Equatable {
        var line: String
        var body: [UInt8] = []
        var isComplete = false
    }

    static let limits = HTTPLimits(
        headBytesMax: 300, targetBytesMax: 60, headersMax: 6, bodyBytesMax: 80, chunkLineBytesMax: 24)

    var requests: [Request] = []
    var fault: HTTPFault?

    init(_ bytes: [UInt8], nextSize: () -> Int) {
        let parser = RequestParser(limits: Self.limits)
        var position = 0
        while position < bytes.count {
            let end = min(position + nextSize(), bytes.count)
            parser.receive(Array(bytes[position..<end]).span)
            position = end
            while let event = parser.next() { note(event) }
            switch parser.progress {
            case .idle, .finished: precondition(parser.bufferedBytes == 0, "Nothing waits without a request.")
            case .head, .body: precondition(parser.bufferedBytes < Self.limits.headBytesMax, "What waits is bounded.")
            }
            precondition(fault == nil || parser.progress == .finished, "A fault is the end.")
        }
    }

    private mutating func note(_ event: RequestEvent) {
        precondition(fault == nil, "Nothing follows a fault.")
        switch event {
        case .head(let head):
            precondition(requests.last?.isComplete ?? true, "A request begins when the one before has ended.")
            precondition(head.target.utf8.count <= Self.limits.targetBytesMax)
            precondition(head.fields.count <= Self.limits.headersMax)
            read(head)
            requests.append(Request(line: "\(head.method) \(head.target) \(head.framing) \(head.isKeepAlive)"))
        case .body(let part):
            precondition(!part.isEmpty, "No part of a body is empty.")
            requests[requests.count - 1].body += part
            precondition(requests[requests.count - 1].body.count <= Self.limits.bodyBytesMax)
        case .end: requests[requests.count - 1].isComplete = true
        case .fault(let fault):
            precondition((400...599).contains(fault.status))
            self.fault = fault
        }
    }

    /// Reads what is taken out of a head only when it is asked for.
    private func read(_ head: RequestHead) {
        for segment in head.pathSegments {
            precondition(segment != ".." && segment != ".", "No segment leads elsewhere.")
            precondition(!segment.utf8.contains { $0 < 0x20 }, "No segment has a control.")
        }
        _ = head.queryItems
        precondition(!head.host.utf8.contains(0x2F), "A host is no path.")
        _ = (head.accept.preferred(among: [.json, .ndjson]), head.contentCoding, head.contentType)
        let policy = CORSPolicy(origins: .any)
        var response = ResponseHead(status: 200, framing: .none, headers: policy.headers(for: head))
        for field in head.fields { response.add("X-Echo", field.value) }
        if let block = policy.preflight(for: head) { response.headers.append(block) }
        var output: [UInt8] = []
        response.encode(into: &output)
        let ends = output.indices.filter { output[$0] == 0x0A }
        precondition(ends.allSatisfy { output[$0 - 1] == 0x0D }, "Lines end as they should.")
        precondition(ends.dropLast(2).allSatisfy { output[$0 + 1] != 0x0D }, "No value ends the head.")
    }
}

/// Reads text as every kind of value, since whole heads are seldom guessed.
private func readValues(_ text: String) {
    _ = MediaType(parsing: text)
    _ = Accept([text]).preferred(among: [.json, .ndjson])
    _ = ContentCoding.preferred([text])
    var block = HeaderBlock()
    block.add("X", text)
    precondition(block.bytes.filter { $0 == 0x0A || $0 == 0x0D || $0 == 0 }.count == 2, "A value stays one line.")
}
