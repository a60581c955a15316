import Testing

@testable import GuideApp

struct IndentedJSONTests {
    @Test(arguments: [
        ("null", "null"), ("[]", "[]"), ("{}", "{}"),
        (
            #"{"a":1,"b":[true,{"c":[]}]}"#,
            "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {\n      \"c\": []\n    }\n  ]\n}"
        ),
        (#"["a,b:{\"[\\"]"#, "[\n  \"a,b:{\\\"[\\\\\"\n]"),
    ])
    func `it is that of JavaScript`(json: String, indented: String) {
        #expect(String(decoding: IndentedJSON.bytes(of: Array(json.utf8)), as: UTF8.self) == indented)
    }
}
