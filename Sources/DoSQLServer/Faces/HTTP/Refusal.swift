import DoSQLAccess
import DoSQLHTTP
import DoSQLJSON
import DoSQLProtocol
import DoSQLWebSocket

/// Why a request has no other answer: a status, and an error as every face tells it.
struct Refusal: Error {
    let status: Int
    let error: ErrorMessage
    /// Headers that belong to the status.
    var headers: [(String, String)] = []
    /// Where the guide has plain text.
    var text: String?

    /// An error, with the status of its code.
    init(_ error: ErrorMessage) {
        self.error = error
        status = error.httpStatus
        if let seconds = error.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
        if error.code == .unauthenticated { headers.append(Self.challenge(hasToken: true)) }
    }

    /// A token that is missing or not good.
    init(_ error: AccessError) {
        self.error = Failure.unauthenticated(error).message(transaction: .none)
        status = self.error.httpStatus
        headers = [Self.challenge(hasToken: error != .missing)]
    }

    /// What is wanted (RFC 6750, section 3).
    private static func challenge(hasToken: Bool) -> (String, String) {
        ("WWW-Authenticate", hasToken ? "Bearer error=\"invalid_token\"" : "Bearer")
    }

    init(_ failure: Failure) { self.init(failure.message(transaction: .none)) }

    init(_ fault: JSONFault) { self.init(fault.error) }

    /// A request that is not HTTP as it should be.
    init(_ fault: HTTPFault) {
        status = fault.status
        let code: ErrorCode =
            switch fault.status {
            case 408: .deadlineExceeded
            case 413, 414, 431: .frameTooLarge
            case 417, 501: .unsupported
            case 505: .versionUnsupported
            default: .malformed
            }
        error = ErrorMessage(code, fault.sentence)
    }

    private init(_ status: Int, _ code: ErrorCode, _ sentence: String, text: String? = nil) {
        self.status = status
        error = ErrorMessage(code, sentence)
        self.text = text
    }

    /// The guide's words for a path that is not there.
    static let notFound = Refusal(404, .unsupported, "Not Found", text: "Not Found")

    static func wrongMethod(allowed: String) -> Refusal {
        var refusal = Refusal(
            405, .unsupported, "this path takes \(allowed)", text: "Method Not Allowed")
        refusal.headers.append(("Allow", allowed))
        return refusal
    }

    static let wrongType = Refusal(
        415, .unsupported, "a body is application/json or \(AnswerStyle.binaryType)")

    static let wrongFileType = Refusal(
        415, .unsupported, "a file is \(BackupStream.type) or application/octet-stream")

    /// The guide's words for a GET of the hub that asks for no upgrade.
    static let expectedWebSocket: Refusal = {
        var refusal = Refusal(426, .unsupported, "Expected WebSocket", text: "Expected WebSocket")
        refusal.headers = [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        return refusal
    }()

    /// A handshake that cannot be granted.
    init(_ refused: WebSocketRefusal) {
        self.init(refused.status, .malformed, refused.reason)
        headers = refused.headers.map { ($0.name, $0.value) }
    }

    static let misdirected = Refusal(
        421, .forbidden,
        "without tokens this server answers to addresses, localhost and its base domains only: a page could have its own "
            + "name lead here")

    static let foreignOrigin = Refusal(403, .forbidden, "pages of this origin may not use this server")

    static func badRequest(_ sentence: String) -> Refusal { Refusal(400, .malformed, sentence) }

    /// A body where none belongs, or more than is passed over.
    static func noBody(beyond bytesMax: Int) -> Refusal {
        Refusal(
            Failure(
                .frameTooLarge, "this request has no body, and at most \(bytesMax) bytes of one are passed over",
                limit: ("ignoredBodyBytesMax", bytesMax)))
    }

    static let encodedBody = Refusal(415, .unsupported, "a body has no Content-Encoding here")

    static let unknownTransaction = Refusal(TransactionTable.unknown)
}
