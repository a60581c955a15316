import DoSQLLoop

/// A whole answer about the server itself (`protocol/http.md`, operating).
struct OperatingReport: Sendable {
    let status: Int
    let type: String
    let body: [UInt8]

    /// The process runs: whoever gets this has it from a loop that works.
    static let live = OperatingReport(200, json: #"{"status":"live"}"#)

    /// Whether requests should be sent here.
    static func readiness(isDraining: Bool) -> OperatingReport {
        isDraining
            ? OperatingReport(503, json: #"{"status":"draining"}"#)
            : OperatingReport(200, json: #"{"status":"ready"}"#)
    }

    /// The document that describes the endpoints.
    static let openAPI = OperatingReport(200, json: OpenAPIDocument.text)

    /// All is well: the guide's words, with the time as JavaScript writes it.
    static var healthy: OperatingReport {
        let time = Timestamp(milliseconds: WallClock.milliseconds())
        return OperatingReport(200, json: "{\"status\":\"healthy\",\"timestamp\":\"\(time)\"}")
    }

    /// Something is not as it should be: the guide's words.
    static func unhealthy(_ sentence: String, status: Int = 503) -> OperatingReport {
        OperatingReport(status, json: "{\"status\":\"unhealthy\",\"error\":\(quoted(sentence))}")
    }

    /// The metrics.
    static func metrics(_ page: [UInt8]) -> OperatingReport {
        OperatingReport(200, ExpositionWriter.contentType, page)
    }

    /// A JSON string of a sentence that may quote what a client sent.
    private static func quoted(_ sentence: String) -> String {
        var quoted = "\""
        for scalar in sentence.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private init(_ status: Int, json: String) {
        self.init(status, AnswerStyle.jsonType, Array(json.utf8))
    }

    private init(_ status: Int, _ type: String, _ body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }
}
