/// The parts of the document that many endpoints share: parameters, headers, errors by status.
enum OpenAPIComponents {
    static let parameters = #"""
        "Tenant":{"name":"X-Tenant-ID","in":"header","required":false,
          "description":"Which tenant the request is for. It must not disagree with the Host or the path.",
          "schema":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"}},
        "RequestID":{"name":"X-Request-ID","in":"header","required":false,
          "description":"The client's name for the request; if it cannot be one, the server makes one.",
          "schema":{"type":"string","pattern":"^[!-~]{1,128}$"}},
        "IdempotencyKey":{"name":"Idempotency-Key","in":"header","required":false,
          "description":"The write's name: sent again with the same request it gives the first answer.",
          "schema":{"type":"string","pattern":"^[!-~]{1,128}$"}},
        "Rows":{"name":"rows","in":"query","required":false,"description":"What a row is in the answer.",
          "schema":{"type":"string","enum":["objects","arrays"],"default":"objects"}},
        "Integers":{"name":"ints","in":"query","required":false,
          "description":"What an integer beyond 2^53-1 is: a string, a number, or an object with $int.",
          "schema":{"type":"string","enum":["string","number","tagged"],"default":"string"}},
        "RowsMax":{"name":"rowsMax","in":"query","required":false,"description":"More rows than this are an error.",
          "schema":{"type":"integer","minimum":0,"maximum":9007199254740991}},
        "TransactionID":{"name":"id","in":"path","required":true,"description":"The id that POST /transactions gave.",
          "schema":{"type":"string","pattern":"^[0-9a-f]{1,4}-[0-9a-f]{32}$"}},
        "Channel":{"name":"channel","in":"path","required":true,"description":"A channel: 1 to 256 bytes.",
          "schema":{"type":"string","minLength":1,"maxLength":256}},
        "LastEventID":{"name":"Last-Event-ID","in":"header","required":false,
          "description":"Only what is newer than this id; now: only what is published from now on.",
          "schema":{"type":"string","pattern":"^([0-9]{1,18}|now)$"}},
        "After":{"name":"after","in":"query","required":false,
          "description":"The same, for who cannot set headers; the header goes first.",
          "schema":{"type":"string","pattern":"^([0-9]{1,18}|now)$"}},
        "Types":{"name":"types","in":"query","required":false,
          "description":"Only events of these types, with commas between.",
          "schema":{"type":"string"}}
        """#

    static let headers = #"""
        "X-Request-ID":{"description":"The request's own name, or one of the server's.","schema":{"type":"string"}},
        "Location":{"description":"The transaction's path.","schema":{"type":"string"}},
        "WWW-Authenticate":{"description":"Bearer; with an error if a token was shown.","schema":{"type":"string"}},
        "Retry-After":{"description":"Seconds after which it may be tried again.","schema":{"type":"integer",
          "minimum":1}}
        """#

    /// How a request says who it is from; a server may want no token.
    static let securitySchemes = #"""
        "Token":{"type":"http","scheme":"bearer",
          "description":"An API key or a JWT, where the server has tokens. Its rights are checked against what is asked."}
        """#

    /// A component for each status of an error. An error comes as the binary protocol has it to who asks for that.
    static let responses = statuses.map { status, description in
        let more =
            switch status {
            case 401: ##","WWW-Authenticate":{"$ref":"#/components/headers/WWW-Authenticate"}"##
            case 503: ##","Retry-After":{"$ref":"#/components/headers/Retry-After"}"##
            default: ""
            }
        return #"""
            "Status\#(status)":{"description":"\#(description)",
              "headers":{"X-Request-ID":{"$ref":"#/components/headers/X-Request-ID"}\#(more)},
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}},
                "\#(AnswerStyle.binaryType)":{}}}
            """#
    }.joined(separator: ",\n")

    private static let statuses: [(Int, String)] = [
        (400, "VALIDATION or PROTOCOL: the request is wrong and stays wrong."),
        (401, "AUTHORIZATION: the server wants a token, and there is none, or one that is not good."),
        (403, "AUTHORIZATION: it is not allowed."),
        (404, "NOT_FOUND: there is no such tenant, and the server creates none; or no such transaction."),
        (408, "The request did not come in time; the connection closes."),
        (409, "CONFLICT: it collides with what is there."),
        (413, "The body has more than 16 MiB."),
        (414, "The target has more than 8 KiB."),
        (415, "The body is neither application/json in UTF-8 nor application/vnd.dosql."),
        (431, "The head is too long."),
        (500, "EXECUTION: carrying it out went wrong; or INTERNAL: a bug in the server."),
        (503, "CONNECTION: the server or the tenant cannot take it now."),
        (504, "TIMEOUT: a time bound was met."),
        (507, "RESOURCE: a bound on size or space was met."),
    ]
}
