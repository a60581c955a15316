import DoSQLTLS
import DoSQLTestSupport

/// A server's session and a client's, and the bytes between them.
final class Wire {
    let server: TLSSession
    let client: TLSSession
    /// On their way.
    var toServer: [UInt8] = []
    var toClient: [UInt8] = []
    /// What each has received.
    var atServer: [UInt8] = []
    var atClient: [UInt8] = []
    /// How many bytes are handed over at a time.
    var step = Int.max

    init(_ context: TLSServerContext? = nil, client: TLSClientContext? = nil, serverName: String = "localhost") throws {
        server = try (context ?? TLSServerContext(TestCertificates.files())).makeSession()
        self.client = try (client ?? TestCertificates.client()).makeSession(serverName: serverName)
        self.client.begin(into: &toServer)
    }

    /// Hands over what is on its way, and what that brings, until nothing is.
    func settle() throws(TLSFault) {
        while !toServer.isEmpty || !toClient.isEmpty {
            let forServer = Self.take(&toServer, step)
            if !forServer.isEmpty {
                try server.receive(forServer.span, into: &atServer, answering: &toClient)
            }
            let forClient = Self.take(&toClient, step)
            if !forClient.isEmpty {
                try client.receive(forClient.span, into: &atClient, answering: &toServer)
            }
        }
    }

    /// Hands over everything for the server, and nothing for the client.
    func deliverToServer() throws(TLSFault) {
        let bytes = Self.take(&toServer, .max)
        try server.receive(bytes.span, into: &atServer, answering: &toClient)
    }

    private static func take(_ bytes: inout [UInt8], _ count: Int) -> [UInt8] {
        let part = Array(bytes.prefix(count))
        bytes.removeFirst(part.count)
        return part
    }
}
