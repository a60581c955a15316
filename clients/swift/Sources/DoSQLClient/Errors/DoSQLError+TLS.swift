import NIOSSL

extension DoSQLError {
    /// What a connection failed with, below its frames.
    ///
    /// Trying again mends a connection that was cut, not a certificate that cannot be trusted.
    static func failedConnection(_ error: any Error) -> DoSQLError {
        switch error {
        case let error as DoSQLError: return error
        case is NIOSSLExtraError, NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate:
            return DoSQLError(
                .certificateUntrusted, "the server's certificate is not for this host", underlying: error)
        case NIOSSLError.handshakeFailed(.sslError(let stack)) where stack.contains(.eofDuringHandshake): break
        case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack):
            let reason = stack.last.map(word(of:)) ?? ""
            if reason == "CERTIFICATE_VERIFY_FAILED" {
                return DoSQLError(
                    .certificateUntrusted,
                    "the server's certificate is not trusted: its authority is unknown, or its time is over",
                    underlying: error)
            }
            return DoSQLError(.tlsFailed, sentence(for: reason), underlying: error)
        default: break
        }
        return DoSQLError(.connectionClosed, "the connection failed", isRetryable: true, underlying: error)
    }

    private static func sentence(for reason: String) -> String {
        switch reason {
        case "WRONG_VERSION_NUMBER", "HANDSHAKE_FAILURE_ON_CLIENT_HELLO", "SSLV3_ALERT_HANDSHAKE_FAILURE":
            "the server does not take TLS here (\(reason)): is dosql:// what it speaks?"
        case "TLSV1_ALERT_CERTIFICATE_REQUIRED":
            "the server asks for a certificate, and this side has none (\(reason))"
        case let reason where reason.contains("ALERT") && (reason.contains("CERTIFICATE") || reason.contains("CA")):
            "the server does not take this side's certificate (\(reason))"
        default: "TLS failed: \(reason)"
        }
    }

    /// The word out of `Error: 268435703 error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at FILE:1`.
    private static func word(of error: BoringSSLInternalError) -> String {
        let parts = error.description.split(separator: ":")
        return parts.count >= 6 ? String(parts[5].prefix { $0 != " " }) : error.description
    }
}
