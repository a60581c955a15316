import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLJSON
@testable import DoSQLServer

/// The document that describes the endpoints, beside what the server knows of them.
struct OpenAPITests {
    private typealias Object = [String: Any]

    private let document: Object

    init() throws {
        document = try #require(
            try JSONSerialization.jsonObject(with: Data(OpenAPIDocument.text.utf8)) as? Object)
    }

    /// Every path with its methods and their operations.
    private var operations: [(path: String, method: String, operation: Object)] {
        get throws {
            let paths = try #require(document["paths"] as? [String: Object])
            return try paths.flatMap { path, items in
                try items.map { (path, $0.key.uppercased(), try #require($0.value as? Object)) }
            }
        }
    }

    private static func segments(_ path: String) -> [String] {
        path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func `it is served as it is, with and without its body`() throws {
        let server = try TestServer(loops: 1)
        let answer = try server.http().get("/openapi.json")
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
        #expect(answer.text == OpenAPIDocument.text)
        let head = try server.http().request("HEAD", "/openapi.json")
        #expect(head.status == 200 && head.header("content-length") == "\(answer.body.count)" && head.body.isEmpty)
        #expect(document["openapi"] as? String == "3.1.1")
    }

    @Test func `what it describes is there`() throws {
        for (path, method, _) in try operations {
            guard case .found(let endpoint) = Endpoint.match(method, Self.segments(path)) else {
                Issue.record("\(method) \(path) is not there")
                continue
            }
            #expect(endpoint.path == path && endpoint.methods.contains(method))
        }
    }

    @Test func `what is there it describes, and with these methods only`() throws {
        let described = Set(try operations.map { "\($0.method) \($0.path)" })
        // All words that the tables of endpoints have, and one that they have not: what stands for any.
        let literals = try ["Faces/HTTP/Endpoint.swift", "Administration/AdministrationRequest.swift"].map { file in
            let source = URL(fileURLWithPath: #filePath).appending(path: "../../../../Sources/DoSQLServer/\(file)")
            return try String(contentsOf: source.standardizedFileURL, encoding: .utf8)
                .matches(of: /"([A-Za-z.]+)"/).map { String($0.output.1) }
        }
        let words = Array(Set(literals.joined() + Operation.allCases.map(\.rawValue) + ["{any}"]))
        let administration = Array(Set(literals[1] + ["{any}"]))
        var found: Set<String> = []
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            func look(_ path: [String]) {
                if case .found(let endpoint) = Endpoint.match(method, path) {
                    found.insert("\(method) \(endpoint.template)")
                }
                let isOperators = path.first == "admin"
                if path.count < (isOperators ? 4 : 3) {
                    for word in isOperators ? administration : words { look(path + [word]) }
                }
            }
            look([])
        }
        #expect(found == described)
    }

    @Test func `each reference leads somewhere`() throws {
        var references: Set<String> = []
        func collect(_ value: Any) {
            if let object = value as? Object {
                if let reference = object["$ref"] as? String { references.insert(reference) }
                object.values.forEach(collect)
            } else if let array = value as? [Any] {
                array.forEach(collect)
            }
        }
        collect(document)
        #expect(references.count > 50)
        for reference in references {
            let path = reference.split(separator: "/")
            try #require(path.first == "#")
            var value: Any? = document
            for part in path.dropFirst() { value = (value as? Object)?[String(part)] }
            #expect(value != nil, "\(reference)")
        }
        // And what is there to be referred to is referred to.
        let components = try #require(document["components"] as? [String: Object])
        // A security scheme is referred to by its name alone.
        for (kind, members) in components where kind != "securitySchemes" {
            for name in members.keys { #expect(references.contains("#/components/\(kind)/\(name)"), "\(kind)/\(name)") }
        }
    }

    @Test func `each operation has an id of its own, an answer, and its path's parameters`() throws {
        var ids: Set<String> = []
        for (path, method, operation) in try operations {
            let id = try #require(operation["operationId"] as? String)
            #expect(ids.insert(id).inserted, "\(id)")
            let responses = try #require(operation["responses"] as? Object)
            #expect(responses.keys.contains { $0.hasPrefix("2") || $0 == "101" }, "\(method) \(path)")
            let parameters = try #require(operation["parameters"] as? [[String: String]]).compactMap { $0["$ref"] }
            #expect(path.contains("{id}") == parameters.contains("#/components/parameters/TransactionID"))
            #expect(path.contains("{channel}") == parameters.contains("#/components/parameters/Channel"))
        }
    }

    @Test func `every status that an error can have is described where requests are carried out`() throws {
        let statuses = Set(ErrorCode.allCases.map { String(ErrorMessage($0, "").httpStatus) })
        for (path, method, operation) in try operations where method == "POST" {
            let described = Set(try #require(operation["responses"] as? Object).keys)
            let missing = statuses.subtracting(described)
            // 413 is about bodies.
            let spared: Set<String> = operation["requestBody"] == nil ? ["413"] : []
            #expect(missing.isSubset(of: spared), "\(method) \(path): \(missing)")
        }
    }
}

extension Endpoint {
    /// Its path with the names of its parameters, whatever stands in their places.
    fileprivate var template: String {
        switch self {
        case .inTransaction(_, let operation): Endpoint.inTransaction(id: "{id}", operation).path
        case .publish: Endpoint.publish("{channel}").path
        case .channelStream: Endpoint.channelStream("{channel}").path
        case .administration(let request): request.template
        default: path
        }
    }
}

extension AdministrationRequest {
    fileprivate var template: String {
        let known = AdministrationRequest.all.map { ($0, $0.path.split(separator: "/").map(String.init)) }
        let own = path.split(separator: "/").map(String.init)
        let match = known.first { request, segments in
            request.method == method && segments.count == own.count
                && zip(segments, own).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return match?.0.path ?? path
    }
}
