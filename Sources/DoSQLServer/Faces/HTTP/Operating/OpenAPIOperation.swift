/// What the document says of one endpoint.
struct OpenAPIOperation {
    /// An answer that is no error.
    struct Answer {
        let status: Int
        let description: String
        /// Media types with the JSON of their schema.
        var content: [(type: String, schema: String)] = []
        /// Names of component headers.
        var headers: [String] = []
        /// Operations that go on with the id that the answer gives.
        var links: [OpenAPIOperation] = []
    }

    let id: String
    let tag: String
    let summary: String
    /// Names of component parameters, beyond those that every request has.
    var parameters: [String] = []
    /// The name of the body's schema; nil: it has none.
    var body: String?
    /// The media type of a body that is a file; nil: it is none.
    var fileType: String?
    /// Whether the request is for a tenant that a header, the Host or the path names.
    var isOfTenant = true
    /// Whether a request without a body is as good as one with `{}`.
    var bodyIsOptional = false
    /// Whether the body may be a message of the binary protocol.
    var takesBinary = false
    /// An example of the body, as JSON.
    var example: String?
    let answers: [Answer]
    /// Statuses of errors, each a component response.
    var errors: [Int] = []

    /// What every request that has got through to its endpoint may be answered with, before it is looked at.
    private static let transportErrors = [400, 401, 403, 408, 414, 431, 503]
    /// What a request with a body may be answered with beside.
    private static let bodyErrors = [413, 415]

    /// The operation object.
    func json(_ method: String) -> String {
        let isHead = method == "HEAD"
        let list = (parameters + (isOfTenant ? ["Tenant", "RequestID"] : ["RequestID"])).map(
            Self.reference("parameters")
        ).joined(separator: ",")
        var members = [
            "\"operationId\":\"\(isHead ? id + "Head" : id)\"", "\"tags\":[\"\(tag)\"]", "\"summary\":\"\(summary)\"",
            "\"parameters\":[\(list)]",
        ]
        if let body { members.append("\"requestBody\":\(requestBody(body))") }
        if let fileType { members.append("\"requestBody\":{\"required\":true,\"content\":{\"\(fileType)\":{}}}") }
        if !isOfTenant { members.append(#""servers":[{"url":"/"}]"#) }
        var responses = answers.map { "\"\($0.status)\":\(Self.json($0, isHead: isHead))" }
        let taken = Set(answers.map(\.status))
        let statuses = Set(errors + Self.transportErrors + (body == nil ? [] : Self.bodyErrors)).subtracting(taken)
        for status in statuses.sorted() {
            responses.append(
                isHead
                    ? "\"\(status)\":{\"description\":\"As for GET, without the body.\"}"
                    : "\"\(status)\":\(Self.reference("responses")("Status\(status)"))")
        }
        members.append("\"responses\":{\(responses.joined(separator: ","))}")
        return "{\(members.joined(separator: ","))}"
    }

    private func requestBody(_ schema: String) -> String {
        let shown = example.map { ",\"example\":\($0)" } ?? ""
        let binary = takesBinary ? ",\"\(AnswerStyle.binaryType)\":{}" : ""
        return """
            {"required":\(!bodyIsOptional),"content":{\
            "application/json":{"schema":{"$ref":"#/components/schemas/\(schema)"}\(shown)}\(binary)}}
            """
    }

    private static func json(_ answer: Answer, isHead: Bool) -> String {
        let headers = (["X-Request-ID"] + answer.headers)
            .map { "\"\($0)\":\(reference("headers")($0))" }.joined(separator: ",")
        var members = ["\"description\":\"\(answer.description)\"", "\"headers\":{\(headers)}"]
        if !isHead && !answer.content.isEmpty {
            let content = answer.content.map { "\"\($0.type)\":{\"schema\":\($0.schema)}" }.joined(separator: ",")
            members.append("\"content\":{\(content)}")
        }
        if !answer.links.isEmpty {
            let links = answer.links.map {
                "\"\($0.id)\":{\"operationId\":\"\($0.id)\",\"parameters\":{\"id\":\"$response.body#/id\"}}"
            }
            members.append("\"links\":{\(links.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func reference(_ kind: String) -> (String) -> String {
        { "{\"$ref\":\"#/components/\(kind)/\($0)\"}" }
    }
}

extension OpenAPIOperation.Answer {
    /// An answer in JSON whose schema is a component's.
    static func json(_ description: String, _ schema: String, status: Int = 200, headers: [String] = []) -> Self {
        Self(
            status: status, description: description, content: [(AnswerStyle.jsonType, reference(schema))],
            headers: headers)
    }

    /// The answer with links to what goes on with its id.
    func linked(to operations: [OpenAPIOperation]) -> Self {
        var answer = self
        answer.links = operations
        return answer
    }

    /// An answer in JSON, which the client may have as frames of the binary protocol too.
    static func message(_ description: String, _ schema: String, lines: Bool = false) -> Self {
        var answer = Self.json(description, schema)
        if lines { answer.content.append((AnswerStyle.linesType, #"{"type":"string"}"#)) }
        answer.content.append((AnswerStyle.binaryType, "{}"))
        return answer
    }

    /// An answer that is text.
    static func text(_ description: String, status: Int = 200, type: String = "text/plain") -> Self {
        Self(status: status, description: description, content: [(type, #"{"type":"string"}"#)])
    }

    private static func reference(_ schema: String) -> String { "{\"$ref\":\"#/components/schemas/\(schema)\"}" }
}
