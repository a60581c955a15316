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
        let source = URL(fileURLWithPath: #filePath).appending(
            path: "../../../../Sources/DoSQLServer/Faces/HTTP/Endpoint.swift"
        ).standardizedFileURL
        // All words that the table of endpoints has, and one that it has not: what stands for any.
        let literals = try String(contentsOf: source, encoding: .utf8).matches(of: /"([A-Za-z.]+)"/).map {
            String($0.output.1)
        }
        let words = Array(Set(literals + Operation.allCases.map(\.rawValue) + ["{any}"]))
        var found: Set<String> = []
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            func look(_ path: [String]) {
                if case .found(let endpoint) = Endpoint.match(method, path) {
                    found.insert("\(method) \(endpoint.template)")
                }
                if path.count < 3 { for word in words { look(path + [word]) } }
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
        for (kind, members) in components {
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
        // Nobody is asked who they are yet.
        let codes = ErrorCode.allCases.filter { $0 != .unauthenticated }
        let statuses = Set(codes.map { String(ErrorMessage($0, "").httpStatus) })
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
        default: path
        }
    }
}
