extension OpenAPISchemas {
    static let answers = #"""
        "QueryAnswer":{"description":"As lines: columns if rows are arrays, each row, $error if it fails midway.",
          "type":"object","required":["rows","lsn"],"properties":{
          "columns":{"$ref":"#/components/schemas/Columns"},
          "rows":{"type":"array","items":{"$ref":"#/components/schemas/Row"}},
          \#(changes),\#(tail)}},
        "QueryOneAnswer":{"type":"object","required":["row","lsn"],"properties":{
          "columns":{"$ref":"#/components/schemas/Columns"},
          "row":{"anyOf":[{"$ref":"#/components/schemas/Row"},{"type":"null"}]},
          \#(changes),\#(tail)}},
        "RunAnswer":{"type":"object","required":["changes","lastInsertRowid","lsn"],"properties":{\#(changes),
          \#(tail)}},
        "ScriptAnswer":{"type":"object","required":["statements","changes","lastInsertRowid","lsn"],"properties":{
          "statements":{"type":"integer","minimum":0},\#(changes),\#(tail)}},
        "OperationsAnswer":{"description":"For each operation its rows, its row or null, or what it changed.",
          "type":"object","required":["results"],"properties":{
          "results":{"type":"array","items":{"anyOf":[
            {"type":"array","items":{"$ref":"#/components/schemas/Row"}},
            {"type":"object"},{"type":"null"}]}},\#(tail)}},
        "BatchAnswer":{"type":"object","required":["results","changes","lastInsertRowid","lsn"],"properties":{
          "results":{"type":"array","items":{"oneOf":[
            {"type":"object","required":["status"],"properties":{"status":{"const":"skipped"}}},
            {"type":"object","required":["status","error"],"properties":{"status":{"const":"failed"},
              "error":{"$ref":"#/components/schemas/Error"}}},
            {"type":"object","required":["status","changes","lastInsertRowid"],"properties":{"status":{"const":"done"},
              "columns":{"$ref":"#/components/schemas/Columns"},
              "rows":{"type":"array","items":{"$ref":"#/components/schemas/Row"}},\#(changes)}}]}},
          \#(changes),\#(tail)}},
        "MigrateAnswer":{"type":"object","required":["migrations","lsn"],"properties":{
          "migrations":{"type":"array","items":{"type":"object","required":["id","state","appliedAt","checksum",
            "durationMs"],"properties":{
            "id":{"type":"string"},"state":{"type":"string","enum":["pending","present","applied"]},
            "appliedAt":{"type":["string","null"]},"checksum":{"type":"string"},"durationMs":{"type":"integer",
              "minimum":0}}}},
          \#(tail)}},
        "BeginAnswer":{"type":"object","required":["id","expiresAt"],"properties":{
          "id":{"type":"string"},"expiresAt":{"description":"Milliseconds since 1970.","type":"integer"}}},
        "OKAnswer":{"type":"object","required":["lsn"],"properties":{\#(tail)}},
        "PublishAnswer":{"type":"object","required":["success","id","lsn"],"properties":{
          "success":{"const":true},"id":{"type":"integer"},\#(tail)}},
        "Error":{"type":"object","required":["error","code","category","retryable","executed"],"properties":{
          "error":{"description":"For people; SQLite's own words where it is SQLite's error.","type":"string"},
          "code":{"type":"string"},
          "category":{"type":"string","enum":["VALIDATION","CONFLICT","TIMEOUT","CONNECTION","EXECUTION","RESOURCE",
            "AUTHORIZATION","INTERNAL","PROTOCOL","NOT_FOUND"]},
          "retryable":{"type":"boolean"},"executed":{"type":"string","enum":["no","yes","unknown"]},
          "sqliteCode":{"description":"SQLite's extended result code.","type":"integer"},
          "offset":{"description":"Byte in the SQL.","type":"integer","minimum":0},
          "step":{"type":"integer","minimum":0},"row":{"type":"integer","minimum":0},
          "statement":{"type":"object","required":["index","offset"],"properties":{
            "index":{"type":"integer","minimum":0},"offset":{"type":"integer","minimum":0}}},
          "migration":{"type":"string"},
          "limit":{"type":"object","required":["name","value"],"properties":{
            "name":{"type":"string"},"value":{"type":"integer","minimum":0}}},
          "retryAfter":{"description":"Milliseconds.","type":"integer","minimum":0},
          "transaction":{"$ref":"#/components/schemas/Transaction"},"trace":{"type":"string"}}},
        "Healthy":{"type":"object","required":["status","timestamp"],"properties":{
          "status":{"const":"healthy"},"timestamp":{"type":"string","format":"date-time"}}},
        "Unhealthy":{"type":"object","required":["status","error"],"properties":{
          "status":{"const":"unhealthy"},"error":{"type":"string"}}},
        "UnhealthyOrError":{"anyOf":[{"$ref":"#/components/schemas/Unhealthy"},{"$ref":"#/components/schemas/Error"}]},
        "Live":{"type":"object","required":["status"],"properties":{"status":{"const":"live"}}},
        "Ready":{"type":"object","required":["status"],"properties":{"status":{"const":"ready"}}},
        "DrainingOrError":{"anyOf":[
          {"type":"object","required":["status"],"properties":{"status":{"const":"draining"}}},
          {"$ref":"#/components/schemas/Error"}]},
        "Document":{"type":"object","required":["openapi","info","paths"]}
        """#

    private static let changes = #"""
        "changes":{"type":"integer","minimum":0},"lastInsertRowid":{"$ref":"#/components/schemas/Integer"}
        """#

    private static let tail = #"""
        "lsn":{"$ref":"#/components/schemas/LSN"},
          "replayed":{"description":"The first answer to this idempotency key, given again.","type":"boolean"},
          "transaction":{"$ref":"#/components/schemas/Transaction"}
        """#
}
