/// What `GET /openapi.json` answers: the endpoints as OpenAPI 3.1 has them (https://spec.openapis.org/oas/v3.1.1).
///
/// It is put together from ``Endpoint/all``, so that an endpoint that is there is described and one that is not is not.
enum OpenAPIDocument {
    /// The document.
    static let text = make()

    private static func make() -> String {
        var paths: [(path: String, items: [String])] = []
        for endpoint in Endpoint.all {
            let operation = endpoint.described
            let items = endpoint.methods.map { "\"\($0.lowercased())\":\(operation.json($0))" }
            if let index = paths.firstIndex(where: { $0.path == endpoint.path }) {
                paths[index].items += items
            } else {
                paths.append((endpoint.path, items))
            }
        }
        let list = paths.map { "\"\($0.path)\":{\($0.items.joined(separator: ","))}" }.joined(separator: ",\n")
        return """
            {"openapi":"3.1.1",
            \(info),
            \(servers),
            "security":[{},{"Token":[]}],
            "tags":[\(tags)],
            "paths":{
            \(list)
            },
            "components":{
            "securitySchemes":{\(OpenAPIComponents.securitySchemes)},
            "parameters":{\(OpenAPIComponents.parameters),\(AdministrationSchemas.parameters)},
            "headers":{\(OpenAPIComponents.headers),\(AdministrationSchemas.headers)},
            "responses":{\(OpenAPIComponents.responses)},
            "schemas":{\(OpenAPISchemas.values),\(OpenAPISchemas.requests),\(OpenAPISchemas.answers),
            \(AdministrationSchemas.all)}
            }}

            """
    }

    private static let info = """
        "info":{"title":"DoSQL","version":"\(Server.version)",\
        "description":"SQLite databases, one a tenant, over HTTP/1.1. \
        A request says which tenant it is for by the header X-Tenant-ID, else by the first label of its Host if the \
        operator has configured the domain behind it, else by the path prefix /t/{tenant}, else it is for the tenant \
        default; sources that disagree are refused with 400. \
        A path that is not listed is answered with 404 and the text Not Found, another method on a path that is listed \
        with 405, the header Allow and the text Method Not Allowed. \
        Every answer has the header X-Request-ID. HEAD is answered wherever it is listed. \
        Objects in answers may get further members.",\
        "license":{"name":"Apache-2.0","identifier":"Apache-2.0"}}
        """

    private static let servers = """
        "servers":[{"url":"/","description":"The tenant is named by a header, by the Host, or not at all."},\
        {"url":"/t/{tenant}","description":"The tenant is named by the path.",\
        "variables":{"tenant":{"default":"default","description":"1 to 128 of the characters A-Z a-z 0-9 . _ : -, the \
        first a letter or digit."}}}]
        """

    private static let tags = """
        {"name":"statements","description":"SQL, each request by itself."},\
        {"name":"transactions","description":"Interactive transactions, held by whoever knows their id."},\
        {"name":"feeds","description":"The hub, channels and events."},\
        {"name":"operating","description":"For whoever runs the server."},\
        {"name":"administration","description":"Tenants as a whole. These paths belong to no tenant."}
        """
}
