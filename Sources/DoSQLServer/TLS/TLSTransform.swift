import DoSQLLoop
import DoSQLTLS
import Logging

/// A connection's TLS session between its socket and whoever speaks on it: faces and sessions do not know of it.
final class TLSTransform: StreamTransform {
    private let session: TLSSession
    private let connection: UInt64
    private let peerAddress: String
    private unowned let shard: Shard
    /// Whether the shard has been told how the handshake ended.
    private var hasTold = false

    init(_ context: TLSServerContext, connection: UInt64, peerAddress: String, shard: Shard) {
        session = context.makeSession()
        self.connection = connection
        self.peerAddress = peerAddress
        self.shard = shard
    }

    func begin(into output: inout [UInt8]) { session.begin(into: &output) }

    func receive(_ bytes: Span<UInt8>, into plain: inout [UInt8], answering output: inout [UInt8]) -> StreamOutcome {
        do throws(TLSFault) {
            try session.receive(bytes, into: &plain, answering: &output)
            if session.isEstablished { handshakeEnded(.completed) }
            return session.peerHasEnded ? .ended : .goesOn
        } catch {
            broke(error)
            return .broken
        }
    }

    func send(_ plain: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        do throws(TLSFault) {
            try session.send(plain, into: &output)
            return true
        } catch {
            broke(error)
            return false
        }
    }

    func end(into output: inout [UInt8]) { session.close(into: &output) }

    private func broke(_ fault: TLSFault) {
        handshakeEnded(.failed)
        shard.context.log.debug("a TLS session ended", metadata: ["peer": "\(peerAddress)", "reason": "\(fault)"])
    }

    private func handshakeEnded(_ result: HandshakeResult) {
        guard !hasTold else { return }
        hasTold = true
        shard.handshakeEnded(connection, result)
    }
}
