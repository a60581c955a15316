import BenchmarkSupport

/// A request that is encoded once; only its key is another each time.
struct HTTPRequest {
    /// Digits of a key, with spaces in front of it: JSON knows no leading zeros.
    static let keyWidth = 12

    let bytes: [UInt8]
    /// Where the key begins, if there is one.
    let keyOffset: Int?

    /// `POST /queryOne` of the row with a key, as a client in front of an application sends it.
    static func pointRead() -> HTTPRequest {
        let front = #"{"sql":"\#(UsersTable.pointRead)","params":["#
        let body = front + String(repeating: " ", count: keyWidth - 1) + "1]}"
        let head = """
            POST /queryOne HTTP/1.1\r
            Host: 127.0.0.1\r
            X-Tenant-ID: bench\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r\n
            """
        return HTTPRequest(bytes: Array((head + body).utf8), keyOffset: head.utf8.count + front.utf8.count)
    }

    /// `GET /health/live`: answered without a tenant.
    static func live() -> HTTPRequest {
        HTTPRequest(bytes: Array("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8), keyOffset: nil)
    }
}
