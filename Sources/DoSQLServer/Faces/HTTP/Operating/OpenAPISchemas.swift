/// The schemas of the document (JSON Schema 2020-12). What they say of JSON is `protocol/json.md`.
enum OpenAPISchemas {
    static let values = #"""
        "Tagged":{"description":"A value that JSON has no form for, and a text that is not UTF-8.","oneOf":[
          {"type":"object","required":["$blob"],"properties":{"$blob":{"type":"string","contentEncoding":"base64"}},
            "additionalProperties":false},
          {"type":"object","required":["$text"],"properties":{"$text":{"type":"string","contentEncoding":"base64"}},
            "additionalProperties":false},
          {"type":"object","required":["$int"],"properties":{"$int":{"type":"string","pattern":"^-?[0-9]{1,19}$"}},
            "additionalProperties":false},
          {"type":"object","required":["$double"],"properties":{"$double":{"type":"string"}},
            "additionalProperties":false}]},
        "Value":{"description":"A value of SQLite's.","anyOf":[
          {"type":["null","number","string"]},{"$ref":"#/components/schemas/Tagged"}]},
        "Parameter":{"description":"A value to bind; true is 1, false is 0.","anyOf":[
          {"type":["null","boolean","number","string"]},{"$ref":"#/components/schemas/Tagged"}]},
        "Parameters":{"description":"By place, or by name.","anyOf":[
          {"type":"array","items":{"$ref":"#/components/schemas/Parameter"}},
          {"type":"object","additionalProperties":{"$ref":"#/components/schemas/Parameter"}},{"type":"null"}]},
        "Integer":{"description":"64 bits; beyond 2^53-1 as the query's ints says.","anyOf":[
          {"type":"integer"},{"type":"string","pattern":"^-?[0-9]{1,19}$"},
          {"type":"object","required":["$int"],"properties":{"$int":{"type":"string","pattern":"^-?[0-9]{1,19}$"}}}]},
        "Row":{"description":"By the names of its columns, or by their places.","oneOf":[
          {"type":"object","additionalProperties":{"$ref":"#/components/schemas/Value"}},
          {"type":"array","items":{"$ref":"#/components/schemas/Value"}}]},
        "Columns":{"type":"array","items":{"type":"string"}},
        "LSN":{"description":"The number of the tenant's newest change that the answer knows of.","type":"integer",
          "minimum":0},
        "Transaction":{"description":"How the transaction stands behind the request.","type":"string","enum":["read",
          "write","aborted"]},
        "Deadline":{"description":"Milliseconds after which it is given up.","type":"integer","minimum":0,
          "maximum":9007199254740991}
        """#

    static let requests = #"""
        "StatementRequest":{"type":"object","required":["sql"],"properties":{
          "sql":{"type":"string"},"params":{"$ref":"#/components/schemas/Parameters"},
          "deadline":{"$ref":"#/components/schemas/Deadline"}}},
        "ScriptRequest":{"type":"object","required":["sql"],"properties":{
          "sql":{"type":"string"},"deadline":{"$ref":"#/components/schemas/Deadline"}}},
        "OperationsRequest":{"type":"object","required":["operations"],"properties":{
          "operations":{"type":"array","maxItems":1000,"items":{"type":"object","required":["sql"],"properties":{
            "type":{"description":"Any other than query and queryOne is run.","type":"string"},
            "sql":{"type":"string"},"params":{"$ref":"#/components/schemas/Parameters"}}}},
          "deadline":{"$ref":"#/components/schemas/Deadline"}}},
        "BatchRequest":{"type":"object","required":["steps"],"properties":{
          "onError":{"type":"string","enum":["rollback","stop","continue"],"default":"rollback"},
          "steps":{"type":"array","minItems":1,"maxItems":1000,"items":{"$ref":"#/components/schemas/Step"}},
          "deadline":{"$ref":"#/components/schemas/Deadline"}}},
        "Step":{"type":"object","required":["sql"],"properties":{
          "sql":{"type":"string"},"params":{"anyOf":[
            {"type":"array","items":{"$ref":"#/components/schemas/StepValue"}},
            {"type":"object","additionalProperties":{"$ref":"#/components/schemas/StepValue"}},{"type":"null"}]},
          "want":{"type":"string","enum":["none","first","all"],"default":"all"},
          "if":{"$ref":"#/components/schemas/Expression"},"assert":{"$ref":"#/components/schemas/Expression"},
          "message":{"description":"What the error says if the assertion fails.","type":"string","maxLength":1024},
          "tolerate":{"type":"boolean","default":false}},"additionalProperties":false},
        "StepValue":{"anyOf":[{"$ref":"#/components/schemas/Parameter"},
          {"type":"object","required":["$ref"],"additionalProperties":false,"properties":{"$ref":{"type":"object",
            "required":["step"],
            "description":"What an earlier step gave: either value or column.","additionalProperties":false,
              "properties":{
            "step":{"type":"integer","minimum":0},"column":{"type":"integer","minimum":0},
            "value":{"type":"string","enum":["lastInsertRowid","changes","rowCount"]}}}}}]},
        "Expression":{"description":"One operator with its operands.","type":"object","minProperties":1,
          "maxProperties":1,
          "additionalProperties":false,"properties":{
          "ran":{"type":"integer","minimum":0},"failed":{"type":"integer","minimum":0},"skipped":{"type":"integer",
            "minimum":0},
          "not":{"$ref":"#/components/schemas/Expression"},
          "and":{"type":"array","minItems":1,"items":{"$ref":"#/components/schemas/Expression"}},
          "or":{"type":"array","minItems":1,"items":{"$ref":"#/components/schemas/Expression"}},
          "eq":{"$ref":"#/components/schemas/Operands"},"ne":{"$ref":"#/components/schemas/Operands"},
          "lt":{"$ref":"#/components/schemas/Operands"},"le":{"$ref":"#/components/schemas/Operands"},
          "gt":{"$ref":"#/components/schemas/Operands"},"ge":{"$ref":"#/components/schemas/Operands"},
          "isNull":{"$ref":"#/components/schemas/StepValue"}}},
        "Operands":{"type":"array","minItems":2,"maxItems":2,"items":{"$ref":"#/components/schemas/StepValue"}},
        "MigrateRequest":{"type":"object","required":["migrations"],"properties":{
          "migrations":{"type":"array","items":{"type":"object","required":["id","sql"],"properties":{
            "id":{"type":"string"},"sql":{"type":"string"}}}},
          "dryRun":{"type":"boolean","default":false}}},
        "BeginRequest":{"type":"object","properties":{
          "mode":{"type":"string","enum":["read","write"],"default":"write"},
          "wait":{"description":"Milliseconds for the tenant's turn.","type":"integer","minimum":0,
            "maximum":9007199254740991},
          "idle":{"description":"Milliseconds between requests.","type":"integer","minimum":0,
            "maximum":9007199254740991},
          "total":{"description":"Milliseconds in all.","type":"integer","minimum":0,"maximum":9007199254740991}}},
        "SavepointRequest":{"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":1,
          "maxLength":64}}},
        "EventRequest":{"type":"object","required":["type","data"],"properties":{
          "type":{"type":"string","minLength":1,"maxLength":256,"pattern":"^[^\\r\\n]+$"},"data":{}}},
        "MessageRequest":{"type":"object","required":["data"],"properties":{"data":{}}}
        """#
}
