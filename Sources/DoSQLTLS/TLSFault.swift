internal import NIOSSL

/// Why a TLS session is over, but for an orderly end.
public struct TLSFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Kind: Equatable, Sendable {
        /// No session came about: no version or cipher in common, a certificate that is not accepted, no TLS at all.
        case handshake
        /// The peer sent more than ``TLSLimits/handshakeBytesMax`` bytes and no end of its handshake.
        case handshakeTooLong
        /// A record that cannot be authenticated or must not come here; or an alert from the peer.
        case record
    }

    /// What went wrong.
    public let kind: Kind
    /// BoringSSL's word for it, as `UNSUPPORTED_PROTOCOL`; empty where there is none.
    public let reason: String

    /// A fault.
    public init(_ kind: Kind, reason: String = "") {
        self.kind = kind
        self.reason = reason
    }

    init(_ error: any Error, isEstablished: Bool) {
        self.init(isEstablished ? .record : .handshake, reason: Self.reason(of: error))
    }

    /// A sentence without a full stop, for logs.
    public var description: String {
        let text =
            switch kind {
            case .handshake: "the TLS handshake failed"
            case .handshakeTooLong: "more than \(TLSLimits.handshakeBytesMax) bytes and no end of the TLS handshake"
            case .record: "the TLS session broke"
            }
        return reason.isEmpty ? text : "\(text): \(reason)"
    }

    /// The word out of `Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at FILE:1`.
    private static func reason(of error: any Error) -> String {
        let stack: [BoringSSLInternalError]
        switch error {
        case NIOSSLError.handshakeFailed(.sslError(let errors)), BoringSSLError.sslError(let errors): stack = errors
        case let error as NIOSSLExtraError: return error.description
        default: return "\(error)"
        }
        // The last one is the outermost: what it meant for the session.
        guard let error = stack.last else { return "" }
        let parts = error.description.split(separator: ":")
        guard parts.count >= 6 else { return error.description }
        return String(parts[5].prefix { $0 != " " })
    }
}
