package import DoSQLLoad

/// A request of HTTP/1.1 that is encoded once; only its key is another each time.
package struct HTTPRequest: Sendable {
    /// Digits of a key, with spaces in front of it: JSON knows no leading zeros.
    private static let keyWidth = 12

    private let bytes: [UInt8]
    private let slots: [Slot]
    private let isRight: (@Sendable (_ answer: [UInt8], _ key: UInt64) -> Bool)?

    /// `POST` of a statement with a key, as a client in front of an application sends it.
    private init(
        path: String, sql: String, keys: Int, isRight: (@Sendable (_ answer: [UInt8], _ key: UInt64) -> Bool)? = nil
    ) {
        let front = #"{"sql":"\#(sql)","params":["#
        let body = front + String(repeating: " ", count: Self.keyWidth - 1) + "1]}"
        let lines = [
            "POST \(path) HTTP/1.1", "Host: 127.0.0.1", "X-Tenant-ID: bench", "Content-Type: application/json",
            "Content-Length: \(body.utf8.count)", "", "",
        ]
        let head = lines.joined(separator: "\r\n")
        bytes = Array((head + body).utf8)
        slots = [
            Slot(
                offset: head.utf8.count + front.utf8.count,
                form: .digits(Self.keyWidth, filler: UInt8(ascii: " ")), bound: UInt64(keys))
        ]
        self.isRight = isRight
    }

    private init(constant: String) {
        bytes = Array("GET \(constant) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        slots = []
        isRight = nil
    }

    /// `POST /queryOne` of the row with a key.
    /// - Parameter isConstant: the answer is the same whatever the key.
    package static func pointRead(rows: Int, isConstant: Bool = false) -> HTTPRequest {
        if isConstant { return HTTPRequest(path: "/queryOne", sql: UsersTable.pointRead, keys: rows) }
        return HTTPRequest(path: "/queryOne", sql: UsersTable.pointRead, keys: rows) { answer, key in
            String(decoding: answer, as: UTF8.self).contains("\"User Name \(key)\"")
        }
    }

    /// `POST /query` of a hundred rows.
    package static func hundredRows(rows: Int) -> HTTPRequest {
        HTTPRequest(path: "/query", sql: UsersTable.hundredRows, keys: max(1, rows - 99))
    }

    /// `GET /health/live`: answered without a tenant.
    package static func live() -> HTTPRequest { HTTPRequest(constant: "/health/live") }

    /// What a connection says that sends `depth` of them at a time.
    package func dialogue(depth: Int = 1) -> Dialogue {
        var burst = Burst()
        burst.add(bytes, slots: slots)
        return Dialogue(steps: [burst.repeated(depth)], answers: HTTPAnswers(), isRight: isRight)
    }
}
