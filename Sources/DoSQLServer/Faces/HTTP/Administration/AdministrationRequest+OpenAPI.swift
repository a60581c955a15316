/// What the document says of an operator's requests.
extension AdministrationRequest {
    /// Each of them once, with the names of its parameters in their places.
    static let all: [AdministrationRequest] =
        [
            .server, .listTenants, .create, .report("{name}"), .delete("{name}"), .rename("{name}"), .backup("{name}"),
            .restore("{name}"), .readRetention("{name}"), .writeRetention("{name}"), .readLimits("{name}"),
            .changeLimits("{name}"), .replaceLimits("{name}"),
        ] + Maintenance.allCases.map { .maintain("{name}", $0) } + [
            .listDeleted, .undelete("{deleted}"), .purge("{deleted}"),
        ]

    /// Its path.
    var path: String {
        switch self {
        case .server: "/admin/server"
        case .listTenants, .create: "/admin/tenants"
        case .report(let name), .delete(let name): "/admin/tenants/\(name)"
        case .rename(let name): "/admin/tenants/\(name)/rename"
        case .backup(let name): "/admin/tenants/\(name)/backup"
        case .restore(let name): "/admin/tenants/\(name)/restore"
        case .readRetention(let name), .writeRetention(let name): "/admin/tenants/\(name)/retention"
        case .readLimits(let name), .changeLimits(let name), .replaceLimits(let name): "/admin/tenants/\(name)/limits"
        case .maintain(let name, let kind): "/admin/tenants/\(name)/\(kind.rawValue)"
        case .listDeleted: "/admin/deleted"
        case .undelete(let id): "/admin/deleted/\(id)/restore"
        case .purge(let id): "/admin/deleted/\(id)"
        }
    }

    /// Its method.
    var method: String {
        switch self {
        case .server, .listTenants, .report, .backup, .readRetention, .readLimits, .listDeleted: "GET"
        case .create, .rename, .maintain, .undelete: "POST"
        case .restore, .writeRetention, .replaceLimits: "PUT"
        case .changeLimits: "PATCH"
        case .delete, .purge: "DELETE"
        }
    }

    /// What the document says of it.
    var described: OpenAPIOperation {
        var operation = describedWithoutPlace
        operation.isOfTenant = false
        operation.errors = Operation.errors + [413, 415]
        return operation
    }

    private var describedWithoutPlace: OpenAPIOperation {
        func described(
            _ id: String, _ summary: String, _ parameters: [String], body: String? = nil, example: String? = nil,
            answer: OpenAPIOperation.Answer
        ) -> OpenAPIOperation {
            OpenAPIOperation(
                id: id, tag: "administration", summary: summary, parameters: parameters, body: body, example: example,
                answers: [answer])
        }
        switch self {
        case .server:
            return described(
                "reportServer", "How the server does.", ["Statements"], answer: .json("It.", "ServerReport"))
        case .listTenants:
            return described(
                "listTenants", "A page of tenants, by name.", ["AfterName", "Prefix", "Limit"],
                answer: .json("The page.", "TenantListing"))
        case .create:
            return described(
                "createTenant", "Makes a tenant.", [], body: "TenantNaming", example: #"{"name":"acme"}"#,
                answer: .json("It is made.", "TenantReport", status: 201))
        case .report:
            return described(
                "reportTenant", "What is known of a tenant.", ["TenantName", "Statements"],
                answer: .json("It.", "TenantReport"))
        case .delete:
            return described(
                "deleteTenant", "Deletes a tenant, which can be brought back for a time.", ["TenantName"],
                answer: .json("It is gone.", "DeletedTenant"))
        case .rename:
            return described(
                "renameTenant", "Gives a tenant another name.", ["TenantName"], body: "TenantRenaming",
                example: #"{"to":"other"}"#, answer: .json("It has it.", "TenantNamed"))
        case .backup:
            return described(
                "backUpTenant", "The tenant's database as one file, of one moment.", ["TenantName"],
                answer: .init(
                    status: 200, description: "The file.", content: [(BackupStream.type, "{}")],
                    headers: ["X-DoSQL-LSN", "X-DoSQL-Incarnation"]))
        case .restore:
            var operation = described(
                "restoreTenant", "Puts a SQLite file in the tenant's place; what was there is kept for a time.",
                ["TenantName"], answer: .json("It is there.", "RestoreReport"))
            operation.fileType = "application/octet-stream"
            return operation
        case .readRetention:
            return described(
                "readRetention", "How much of its feeds a tenant keeps.", ["TenantName"],
                answer: .json("That.", "Retention"))
        case .writeRetention:
            return described(
                "writeRetention", "Sets how much of its feeds a tenant keeps.", ["TenantName"],
                body: "RetentionRequest",
                example: #"{"messages":{"rows":1000,"seconds":null},"events":null}"#,
                answer: .json("It is set.", "Retention"))
        case .readLimits:
            return described(
                "readLimits", "What a tenant may use.", ["TenantName"], answer: .json("That.", "TenantLimits"))
        case .changeLimits:
            return described(
                "changeLimits", "Sets limits of a tenant, or with null takes them back.", ["TenantName"],
                body: "TenantLimitsRequest", example: #"{"databaseBytesMax":104857600,"tenantRateMax":null}"#,
                answer: .json("They hold.", "TenantLimits"))
        case .replaceLimits:
            return described(
                "replaceLimits", "Replaces all limits that are a tenant's own.", ["TenantName"],
                body: "TenantLimitsRequest", example: #"{"databaseBytesMax":104857600}"#,
                answer: .json("They hold.", "TenantLimits"))
        case .maintain(_, let kind):
            switch kind {
            case .vacuum:
                return described(
                    "vacuumTenant", "Rewrites the file without its free pages.", ["TenantName"],
                    answer: .json("It is done.", "VacuumReport"))
            case .optimize:
                return described(
                    "optimizeTenant", "Lets SQLite gather what its planner wants to know.", ["TenantName"],
                    answer: .init(
                        status: 200, description: "It is done.",
                        content: [(AnswerStyle.jsonType, #"{"type":"object"}"#)]
                    ))
            case .check:
                return described(
                    "checkTenant", "Looks for damage.", ["TenantName"], answer: .json("What was found.", "CheckReport"))
            }
        case .listDeleted:
            return described(
                "listDeleted", "A page of what was deleted or replaced, by time.", ["AfterID", "Limit"],
                answer: .json("The page.", "DeletedListing"))
        case .undelete:
            var operation = described(
                "undelete", "Brings back what was deleted or replaced.", ["DeletedID"], body: "TenantNaming",
                example: #"{"name":"acme"}"#, answer: .json("It is back.", "TenantNamed"))
            operation.bodyIsOptional = true
            return operation
        case .purge:
            return described(
                "purge", "Removes what was deleted for good.", ["DeletedID"], answer: .json("It is gone.", "Purged"))
        }
    }
}

/// The schemas of the administration.
enum AdministrationSchemas {
    static let all = #"""
        "TenantName":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"},
        "Bytes":{"type":"integer","minimum":0},
        "Moment":{"type":"string","format":"date-time"},
        "TenantNaming":{"type":"object","required":["name"],"additionalProperties":false,
          "properties":{"name":{"$ref":"#/components/schemas/TenantName"}}},
        "TenantRenaming":{"type":"object","required":["to"],"additionalProperties":false,
          "properties":{"to":{"$ref":"#/components/schemas/TenantName"}}},
        "TenantNamed":{"type":"object","required":["name"],
          "properties":{"name":{"$ref":"#/components/schemas/TenantName"}}},
        "TenantListing":{"type":"object","required":["tenants","more"],"properties":{
          "tenants":{"type":"array","items":{"type":"object","required":["name","bytes","state","lastUsed"],
            "properties":{"name":{"$ref":"#/components/schemas/TenantName"},
              "bytes":{"$ref":"#/components/schemas/Bytes"},"state":{"$ref":"#/components/schemas/TenantState"},
              "lastUsed":{"$ref":"#/components/schemas/Moment"}}}},
          "more":{"type":"boolean"}}},
        "TenantState":{"type":"string","enum":["open","closed"]},
        "TenantReport":{"type":"object","required":["name","state","bytes","fileBytes","walBytes","pages","pageSize",
            "freePages","lsn","incarnation","readers","queue","changes","statements"],
          "properties":{"name":{"$ref":"#/components/schemas/TenantName"},
          "state":{"$ref":"#/components/schemas/TenantState"},"bytes":{"$ref":"#/components/schemas/Bytes"},
          "fileBytes":{"$ref":"#/components/schemas/Bytes"},"walBytes":{"$ref":"#/components/schemas/Bytes"},
          "pages":{"type":"integer"},"pageSize":{"type":"integer"},"freePages":{"type":"integer"},
          "lsn":{"$ref":"#/components/schemas/LSN"},"incarnation":{"type":"string","pattern":"^[0-9a-f]{32}$"},
          "readers":{"type":"integer"},"queue":{"type":"integer"},"changes":{"type":"integer"},
          "statements":{"type":"array","items":{"type":"object",
            "required":["sql","count","totalMs","meanMs","maxMs","rows"],"properties":{"sql":{"type":"string"},
            "count":{"type":"integer"},"totalMs":{"type":"number"},"meanMs":{"type":"number"},
            "maxMs":{"type":"number"},"rows":{"type":"integer"}}}}}},
        "Count":{"type":"integer","minimum":0},
        "Counts":{"type":"object","additionalProperties":{"$ref":"#/components/schemas/Count"}},
        "Latency":{"type":"array","items":{"$ref":"#/components/schemas/Count"}},
        "Figures":{"type":"object","required":["requests","errors","receivedBytes","sentBytes","latency"],
          "properties":{"requests":{"$ref":"#/components/schemas/Count"},
          "errors":{"$ref":"#/components/schemas/Count"},"receivedBytes":{"$ref":"#/components/schemas/Bytes"},
          "sentBytes":{"$ref":"#/components/schemas/Bytes"},"latency":{"$ref":"#/components/schemas/Latency"}}},
        "ServerReport":{"type":"object","required":["version","time","uptimeMs","latencyBounds","faces",
            "requestsInFlight","bytesInFlight","bytesInFlightMax","errors","limitsMet","pools","tenantsOpen",
            "tenantsKnown","writesWaiting","tenants","otherTenants","topStatements"],
          "properties":{"version":{"type":"string"},"time":{"$ref":"#/components/schemas/Moment"},
          "uptimeMs":{"type":"number"},"latencyBounds":{"$ref":"#/components/schemas/Latency"},
          "faces":{"type":"array","items":{"type":"object","required":["face","connections","requests","errors",
            "receivedBytes","sentBytes","latency"]}},
          "requestsInFlight":{"$ref":"#/components/schemas/Count"},
          "bytesInFlightMax":{"$ref":"#/components/schemas/Bytes"},
          "errors":{"$ref":"#/components/schemas/Counts"},"limitsMet":{"$ref":"#/components/schemas/Counts"},
          "pools":{"type":"array","items":{"type":"object","required":["name","threads","working","waiting"]}},
          "tenantsOpen":{"$ref":"#/components/schemas/Count"},"tenantsKnown":{"$ref":"#/components/schemas/Count"},
          "writesWaiting":{"$ref":"#/components/schemas/Count"},
          "tenants":{"type":"array","items":{"type":"object","required":["name","figures","rows","statementMs",
            "slowStatements","requestsInFlight","writesWaiting","databaseBytes","walBytes"],
            "properties":{"name":{"$ref":"#/components/schemas/TenantName"},
            "figures":{"$ref":"#/components/schemas/Figures"}}}},
          "otherTenants":{"$ref":"#/components/schemas/Figures"},
          "topStatements":{"type":"array","items":{"type":"object",
            "required":["tenant","sql","count","totalMs","maxMs","rows"],
            "properties":{"tenant":{"$ref":"#/components/schemas/TenantName"},"sql":{"type":"string"}}}}}},
        "DeletedTenant":{"type":"object","required":["id","name","deletedAt","purgeAt","bytes","reason"],
          "properties":{"id":{"type":"string"},"name":{"$ref":"#/components/schemas/TenantName"},
          "deletedAt":{"$ref":"#/components/schemas/Moment"},"purgeAt":{"$ref":"#/components/schemas/Moment"},
          "bytes":{"$ref":"#/components/schemas/Bytes"},"reason":{"type":"string","enum":["deleted","replaced"]}}},
        "DeletedListing":{"type":"object","required":["deleted","more"],"properties":{
          "deleted":{"type":"array","items":{"$ref":"#/components/schemas/DeletedTenant"}},"more":{"type":"boolean"}}},
        "Purged":{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}},
        "RestoreReport":{"type":"object","required":["name","bytes","incarnation","replaced"],"properties":{
          "name":{"$ref":"#/components/schemas/TenantName"},"bytes":{"$ref":"#/components/schemas/Bytes"},
          "incarnation":{"type":"string"},"replaced":{"type":["string","null"]}}},
        "RetentionBounds":{"type":["object","null"],"additionalProperties":false,"properties":{
          "rows":{"type":["integer","null"],"minimum":1,"maximum":9007199254740991},
          "seconds":{"type":["integer","null"],"minimum":1,"maximum":9007199254740991}}},
        "RetentionRequest":{"type":"object","additionalProperties":false,"properties":{
          "messages":{"$ref":"#/components/schemas/RetentionBounds"},
          "events":{"$ref":"#/components/schemas/RetentionBounds"}}},
        "Retention":{"type":"object","required":["messages","events"],"properties":{
          "messages":{"$ref":"#/components/schemas/RetentionBounds"},
          "events":{"$ref":"#/components/schemas/RetentionBounds"}}},
        "TenantLimits":{"type":"object","required":["limits"],"properties":{
          "limits":{"type":"array","items":{"type":"object",
            "required":["name","value","default","own","unit","min","max"],"properties":{"name":{"type":"string"},
            "value":{"type":"integer"},"default":{"type":"integer"},"own":{"type":"boolean"},
            "unit":{"type":"string"},"min":{"type":"integer"},"max":{"type":"integer"}}}}}},
        "TenantLimitsRequest":{"type":"object","additionalProperties":false,"properties":{
          \#(limits)}},
        "VacuumReport":{"type":"object","required":["bytesBefore","bytesAfter"],"properties":{
          "bytesBefore":{"$ref":"#/components/schemas/Bytes"},"bytesAfter":{"$ref":"#/components/schemas/Bytes"}}},
        "CheckReport":{"type":"object","required":["ok","problems","foreignKeys"],"properties":{
          "ok":{"type":"boolean"},"problems":{"type":"array","items":{"type":"string"}},
          "foreignKeys":{"type":"array","items":{"type":"object",
            "required":["table","rowid","parent","constraint"],"properties":{"table":{"type":"string"},
            "rowid":{"type":["integer","null"]},"parent":{"type":"string"},"constraint":{"type":"integer"}}}}}}
        """#

    private static let limits = TenantLimits.fields.map { field in
        """
        "\(field.name)":{"type":["integer","null"],"minimum":\(field.range.lowerBound),\
        "maximum":\(field.range.upperBound)}
        """
    }.joined(separator: ",")

    static let parameters = #"""
        "TenantName":{"name":"name","in":"path","required":true,"description":"A tenant's name.",
          "schema":{"$ref":"#/components/schemas/TenantName"}},
        "DeletedID":{"name":"deleted","in":"path","required":true,"description":"The id of what was deleted.",
          "schema":{"type":"string","pattern":"^[0-9]{8}T[0-9]{9}-[0-9a-f]{16}$"}},
        "AfterName":{"name":"after","in":"query","required":false,"description":"Only names behind this one.",
          "schema":{"type":"string"}},
        "AfterID":{"name":"after","in":"query","required":false,"description":"Only ids behind this one.",
          "schema":{"type":"string"}},
        "Prefix":{"name":"prefix","in":"query","required":false,"description":"Only names that begin so.",
          "schema":{"type":"string"}},
        "Limit":{"name":"limit","in":"query","required":false,"description":"Entries of the page.",
          "schema":{"type":"integer","minimum":1,"maximum":1000,"default":100}},
        "Statements":{"name":"statements","in":"query","required":false,"description":"How many texts are told.",
          "schema":{"type":"integer","minimum":0,"maximum":256,"default":20}}
        """#

    static let headers = #"""
        "X-DoSQL-LSN":{"description":"The newest change that is in the file.","schema":{"type":"integer","minimum":0}},
        "X-DoSQL-Incarnation":{"description":"The history that the file is of.","schema":{"type":"string"}}
        """#
}
