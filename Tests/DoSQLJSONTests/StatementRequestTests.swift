import DoSQLJSON
import DoSQLProtocol
import Testing

@Test func `a statement becomes a body`() throws {
    var writer = ByteWriter()
    let json = Array(#"{"params":[42,"a\n",null,true,1.5,{"$blob":"AP8="}],"sql":"SELECT ?"}"#.utf8)
    try StatementRequest.encode(json.span, kind: .query, into: &writer)
    let e = try Execute(writer.bytes.span, kind: .query)
    #expect(e.parameters.count == 6)
}
