import DoSQLProtocol

/// A frame to send: what the state machine decides and the handler encodes.
enum ClientFrame: Sendable {
    case hello(request: UInt32)
    case open(StreamKey, stream: UInt16, request: UInt32)
    case close(stream: UInt16, request: UInt32)
    case prepare(String, id: UInt32, request: UInt32)
    case unprepare(id: UInt32, request: UInt32)
    case request(RequestBody, sources: [StatementSource], flags: FrameFlags, stream: UInt16, request: UInt32)
    case ping(request: UInt32)
    case cancel(request: UInt32)
    case credit(request: UInt32, bytes: Int)
    /// Rows of a load, encoded by the loading task: the row count and the values.
    case loadRows([UInt8], isLast: Bool, stream: UInt16, request: UInt32)
}

extension ClientFrame {
    /// Writes the frame; `hello` is what HELLO says.
    func encode(into writer: inout ByteWriter, hello: HelloContent) {
        switch self {
        case .hello(let request):
            writer.append(Preamble.bytes)
            Hello.encode(
                into: &writer, request: request, frameMax: hello.frameMax, client: hello.client, token: hello.token)
        case .open(let key, let stream, let request):
            Open.encode(
                into: &writer, stream: stream, request: request, tenant: key.tenant, isReadOnly: key.isReadOnly,
                mayCreate: key.mayCreate)
        case .close(let stream, let request):
            Close.encode(into: &writer, stream: stream, request: request)
        case .prepare(let text, let id, let request):
            Prepare.encode(into: &writer, request: request, id: id, sql: text)
        case .unprepare(let id, let request):
            Unprepare.encode(into: &writer, request: request, id: id)
        case .request(let body, let sources, let flags, let stream, let request):
            body.encode(into: &writer, stream: stream, request: request, flags: flags, sources: sources)
        case .ping(let request):
            let payload: [UInt8] = []
            Ping.encode(into: &writer, request: request, payload: payload.span)
        case .cancel(let request):
            Cancel.encode(into: &writer, request: request)
        case .credit(let request, let bytes):
            Credit.encode(into: &writer, request: request, bytes: UInt64(bytes))
        case .loadRows(let body, let isLast, let stream, let request):
            let frame = LoadRows.begin(into: &writer, stream: stream, request: request, isLast: isLast)
            writer.append(body)
            writer.endFrame(at: frame)
        }
    }
}

/// What HELLO says (`protocol/handshake.md`).
struct HelloContent: Sendable {
    var frameMax: UInt64
    var client: String
    var token: [UInt8]?
}
