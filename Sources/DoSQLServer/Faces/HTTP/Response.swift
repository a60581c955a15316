import DoSQLCompression
import DoSQLHTTP
import DoSQLLoop
import DoSQLProtocol

/// One answer on its way to the client: a head, once, and a body, whole or in parts (RFC 9110, RFC 9112).
final class Response {
    /// What most answers say of their type.
    private static let jsonType = HeaderBlock(["Content-Type": AnswerStyle.jsonType])
    /// Bodies shorter than this are not worth compressing: the head alone is half as long.
    private static let compressedMin = 1024
    /// Longer ones keep everybody of the loop waiting for as long as compressing them takes; streams are compressed in
    /// parts.
    private static let compressedMax = 1 << 20

    private let face: HTTPFace
    private let name: RequestName
    /// The request's name, its own or ours: in the head, in the log, and in errors that are the server's.
    var requestID: String { face.shard.web.text(of: name) }
    private let request: RequestHead?
    /// What this answer has beside the headers of all answers.
    private var headers: HeaderBlock
    /// Whether the connection closes behind it.
    var isLast: Bool
    /// Whether its head is on its way.
    private(set) var hasBegun = false
    private var framing: ResponseHead.Framing = .none
    /// Whether its body comes in chunks, so that a client sees that one is missing.
    var isChunked: Bool { framing == .chunked }
    private var deflater: Deflater?

    /// An answer to a request, or to what could not be understood as one.
    init(to request: RequestHead?, face: HTTPFace) {
        self.face = face
        self.request = request
        name = face.shard.web.name(of: request)
        headers = face.shard.web.headers(for: request, name)
        isLast = !(request?.isKeepAlive ?? false)
    }

    /// Adds a header to those of the head.
    func add(_ name: String, _ value: String) { headers.add(name, value) }

    /// Adds headers to those of the head.
    func add(_ block: HeaderBlock) { headers.append(block) }

    private var isHead: Bool { request?.method == "HEAD" }

    // MARK: Whole answers

    /// Sends an answer that has a body.
    func send(_ status: Int, type: String, _ body: [UInt8]) {
        if type == AnswerStyle.jsonType { headers.append(Self.jsonType) } else { headers.add("Content-Type", type) }
        var body = body
        if body.count >= Self.compressedMin { headers.add("Vary", "Accept-Encoding") }
        if (Self.compressedMin...Self.compressedMax).contains(body.count) && acceptsGzip {
            let deflater = face.shard.web.takeDeflater()
            var packed: [UInt8] = []
            deflater.append(body.span, into: &packed, flush: .finish)
            face.shard.web.giveBack(deflater)
            headers.add("Content-Encoding", "gzip")
            swap(&body, &packed)
        }
        begin(status, .length(body.count))
        if !isHead { face.write(body) }
    }

    /// Sends an answer that has none.
    func send(_ status: Int) {
        begin(status, status == 204 || status == 304 || status == 101 ? .none : .length(0))
    }

    /// Sends that the connection goes on in another protocol.
    func upgrade() { begin(101, .none) }

    /// Sends why there is no other answer.
    func send(_ refusal: Refusal, style: AnswerStyle) {
        for (name, value) in refusal.headers { headers.add(name, value) }
        if let text = refusal.text { return send(refusal.status, type: "text/plain; charset=utf-8", Array(text.utf8)) }
        var body = ByteWriter()
        // In the body where it will be asked for: of errors that are ours, and where the client has named its request.
        let isTold = refusal.status >= 500 || request?.first("x-request-id") != nil
        var error = refusal.error
        if isTold && error.trace == nil { error.trace = requestID }
        let type = style.write(error, into: &body)
        send(refusal.status, type: type, body.bytes)
    }

    // MARK: Streams

    /// Begins an answer whose bytes come in parts, and are as many as `length`.
    func begin(_ status: Int, type: String, length: Int) {
        headers.add("Content-Type", type)
        begin(status, .length(length))
    }

    /// Begins an answer whose length nobody knows yet.
    func begin(_ status: Int, type: String, isCompressible: Bool = true) {
        headers.add("Content-Type", type)
        if isCompressible { headers.add("Vary", "Accept-Encoding") }
        if isCompressible && acceptsGzip {
            deflater = face.shard.web.takeDeflater()
            headers.add("Content-Encoding", "gzip")
        }
        let framing = request?.streamFraming ?? .untilClose
        if framing == .untilClose { isLast = true }
        begin(status, framing)
    }

    /// Sends the next part of a stream.
    func write(_ bytes: [UInt8]) {
        guard !isHead, !bytes.isEmpty else { return }
        guard let deflater else { return frame(bytes) }
        var packed: [UInt8] = []
        deflater.append(bytes.span, into: &packed, flush: .sync)
        frame(packed)
    }

    /// Ends a stream.
    func end() {
        if let deflater {
            self.deflater = nil
            var packed: [UInt8] = []
            let nothing: [UInt8] = []
            deflater.append(nothing.span, into: &packed, flush: .finish)
            face.shard.web.giveBack(deflater)
            if !isHead { frame(packed) }
        }
        if framing == .chunked && !isHead { face.write { ChunkEncoder.encodeEnd(into: &$0) } }
    }

    private func frame(_ bytes: [UInt8]) {
        guard framing == .chunked else { return face.write(bytes) }
        face.write { ChunkEncoder.encode(bytes, into: &$0) }
    }

    // MARK: Heads

    /// Says that the body may come.
    func sendContinue() { face.write(ResponseHead.continueBytes) }

    private func begin(_ status: Int, _ framing: ResponseHead.Framing) {
        precondition(!hasBegun, "an answer has one head")
        hasBegun = true
        face.shard.metrics.responded(status)
        if face.shard.context.requestLog.isOn {
            face.shard.context.requestLog.responded(
                status, request?.method, path: request?.loggedPath, requestID: requestID, peer: face.socket.peerAddress)
        }
        self.framing = framing
        let connection: ResponseHead.Connection =
            status == 101 ? .implied : isLast ? .close : request?.responseConnection ?? .close
        let web = face.shard.web
        let head = ResponseHead(
            status: status, framing: framing, connection: connection, shared: web.secureHeaders, headers: headers)
        let date = web.date
        face.write { head.encode(into: &$0, date: date) }
    }

    private var acceptsGzip: Bool { request.map { face.shard.web.acceptsGzip($0) } ?? false }
}

extension RequestHead {
    /// Its path for the log: without the query, which may hold values, and without the name of a transaction, which is the
    /// only key to it.
    fileprivate var loggedPath: String {
        var segments = pathSegments
        for index in segments.indices.dropLast() where segments[index] == "transactions" {
            segments[index + 1] = "{id}"
        }
        return "/" + segments.joined(separator: "/")
    }
}
