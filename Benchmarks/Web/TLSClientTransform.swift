import DoSQLLoop
import DoSQLTLS

/// A client's TLS session on a connection of a load.
final class TLSClientTransform: StreamTransform {
    private let session: TLSSession

    init(_ context: TLSClientContext) throws(TLSFault) { session = try context.makeSession(serverName: "localhost") }

    func begin(into output: inout [UInt8]) { session.begin(into: &output) }

    func receive(_ bytes: Span<UInt8>, into plain: inout [UInt8], answering output: inout [UInt8]) -> StreamOutcome {
        do throws(TLSFault) {
            try session.receive(bytes, into: &plain, answering: &output)
            return session.peerHasEnded ? .ended : .goesOn
        } catch {
            return .broken
        }
    }

    func send(_ plain: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        do throws(TLSFault) {
            try session.send(plain, into: &output)
            return true
        } catch {
            return false
        }
    }

    func end(into output: inout [UInt8]) { session.close(into: &output) }
}
