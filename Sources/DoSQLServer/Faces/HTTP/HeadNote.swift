import DoSQLHTTP

/// What a head asks for, found out once: the next time that a client sends the same one, it asks for the same.
final class HeadNote {
    let route: Route
    let style: AnswerStyle
    /// Whether its body is a message of the binary protocol, as soon as somebody had to know.
    fileprivate var hasBinaryBody: Bool?

    private init(_ head: RequestHead, web: WebContext) throws(Refusal) {
        route = try Route(head, web: web)
        style = head.answerStyle(of: route.endpoint)
    }

    /// The note of a head.
    /// - Throws: why there is no such thing, or not for this client.
    static func of(_ head: RequestHead, web: WebContext) throws(Refusal) -> HeadNote {
        if let known = head.note as? HeadNote { return known }
        let note = try HeadNote(head, web: web)
        head.note = note
        return note
    }
}

extension RequestHead {
    /// Whether the body is a message of the binary protocol, and not JSON. Looks once.
    func isBodyBinary() throws(Refusal) -> Bool {
        let note = note as? HeadNote
        if let known = note?.hasBinaryBody { return known }
        let isBinary = try hasBinaryBody()
        note?.hasBinaryBody = isBinary
        return isBinary
    }
}
