import NIOCore
import NIOSSL
import NIOTLS

/// Lets nobody send before the handshake is over and the server's certificate is for the name that was asked for.
///
/// NIO's own check takes a certificate for the socket's address as well, where there is a name: whoever could lead the name
/// to a machine of theirs would need no certificate for it. A name has to be matched by a name (RFC 9525, 6.3).
final class ServerNameCheck: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let name: String?
    private let handler: NIOSSLClientHandler

    /// - Parameter name: nil: the server was asked for by its address, which NIO's handler checks.
    init(_ name: String?, _ handler: NIOSSLClientHandler) {
        self.name = name
        self.handler = handler
    }

    func channelActive(context: ChannelHandlerContext) {
        // Told when the handshake is over.
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
        guard name.map(isInCertificate) ?? true else {
            context.fireErrorCaught(
                DoSQLError(.certificateUntrusted, "the server's certificate is not for \(name ?? "")"))
            return context.close(promise: nil)
        }
        context.fireChannelActive()
    }

    private func isInCertificate(_ name: String) -> Bool {
        guard let certificate = handler.peerCertificate else { return false }
        return certificate._subjectAlternativeNames().contains {
            $0.nameType == .dnsName && Self.matches(String(decoding: $0.contents, as: UTF8.self), name)
        }
    }

    /// Whether a name of a certificate is for a host: the same, or a `*` in place of its first label.
    static func matches(_ pattern: String, _ name: String) -> Bool {
        let pattern = labels(pattern)
        let name = labels(name)
        guard pattern.count == name.count, pattern.dropFirst() == name.dropFirst() else { return false }
        guard pattern.first == "*" else { return pattern.first == name.first }
        // A whole top-level domain belongs to nobody.
        return pattern.count > 2 && name.first?.isEmpty == false
    }

    private static func labels(_ name: String) -> [Substring] {
        var name = name.lowercased()[...]
        if name.last == "." { name = name.dropLast() }
        return name.split(separator: ".", omittingEmptySubsequences: false)
    }
}
