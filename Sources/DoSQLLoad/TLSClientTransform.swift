package import DoSQLLoop
package import DoSQLTLS

/// A client's TLS session on a connection of a load.
package final class TLSClientTransform: StreamTransform {
    private let session: TLSSession

    /// - Parameter serverName: the name that the server's certificate must have.
    package init(_ context: TLSClientContext, serverName: String = "localhost") throws(TLSFault) {
        session = try context.makeSession(serverName: serverName)
    }

    package func begin(into output: inout [UInt8]) { session.begin(into: &output) }

    package func receive(_ bytes: Span<UInt8>, into plain: inout [UInt8], answering output: inout [UInt8])
        -> StreamOutcome
    {
        do throws(TLSFault) {
            try session.receive(bytes, into: &plain, answering: &output)
            return session.peerHasEnded ? .ended : .goesOn
        } catch {
            return .broken
        }
    }

    package func send(_ plain: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        do throws(TLSFault) {
            try session.send(plain, into: &output)
            return true
        } catch {
            return false
        }
    }

    package func end(into output: inout [UInt8]) { session.close(into: &output) }
}
