import DoSQLServer
import DoSQLTestSupport
import Foundation

/// Who administers a server in a test, over HTTP.
struct Operator {
    let http: HTTPClient

    init(of server: TestServer, receiveBuffer: Int? = nil) throws {
        http = try server.http(receiveBuffer: receiveBuffer)
        http.patience = .seconds(120)
    }

    /// A request and its answer, whatever it is.
    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> HTTPAnswer {
        try http.request(method, "/admin/" + path, body: body)
    }

    /// A request that is answered with success, as what it gives.
    @discardableResult
    func get<Value: Decodable>(
        _ method: String, _ path: String, _ body: String? = nil, as type: Value.Type = Value.self
    ) throws -> Value {
        try Self.read(ask(method, path, body))
    }

    static func read<Value: Decodable>(_ answer: HTTPAnswer) throws -> Value {
        guard answer.status == 200 || answer.status == 201, answer.isComplete else {
            throw TestSupportError("\(answer.status): \(answer.text)")
        }
        return try JSONDecoder().decode(Value.self, from: Data(answer.body))
    }

    func create(_ name: String) throws {
        _ = try get("POST", "tenants", #"{"name":"\#(name)"}"#, as: TenantReport.self)
    }

    func list(_ query: String = "") throws -> TenantListing { try get("GET", "tenants" + query) }

    func report(_ name: String) throws -> TenantReport { try get("GET", "tenants/\(name)") }

    func delete(_ name: String) throws -> DeletedListing.Entry { try get("DELETE", "tenants/\(name)") }

    func deleted() throws -> [DeletedListing.Entry] {
        try get("GET", "deleted?limit=1000", as: DeletedListing.self).deleted
    }

    /// The bytes of a backup.
    func backup(_ name: String) throws -> [UInt8] {
        let answer = try ask("GET", "tenants/\(name)/backup")
        guard answer.status == 200, answer.isComplete else {
            throw TestSupportError("\(answer.status): \(answer.text)")
        }
        return answer.body
    }

    /// Sends a file to restore.
    func send(_ bytes: [UInt8], to name: String) throws -> HTTPAnswer {
        let head = """
            PUT /admin/tenants/\(name)/restore HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/vnd.sqlite3\r\n\
            Content-Length: \(bytes.count)\r\n\r\n
            """
        try http.send(raw: head)
        // The line above ends the head; a line more would be the body's.
        try http.socket.send(bytes, patience: .seconds(120))
        return try http.answer()
    }

    func restore(_ bytes: [UInt8], to name: String) throws -> RestoreReport { try Self.read(send(bytes, to: name)) }
}

extension HTTPAnswer {
    /// The code of an error.
    var code: String? {
        ((try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any])?["code"] as? String
    }

    /// The sentence of an error.
    var sentence: String {
        ((try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any])?["error"] as? String ?? text
    }
}
