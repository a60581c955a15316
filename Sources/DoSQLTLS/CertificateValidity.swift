internal import NIOSSL

/// When a certificate is good, in seconds since 1970 (RFC 5280, 4.1.2.5).
public struct CertificateValidity: Hashable, Sendable {
    /// From when.
    public let notBefore: Int
    /// Until when.
    public let notAfter: Int

    init(_ certificate: NIOSSLCertificate) {
        notBefore = Int(certificate.notValidBefore)
        notAfter = Int(certificate.notValidAfter)
    }

    /// What is wrong with it at a time in seconds since 1970, to follow the certificate's name; nil if nothing is.
    public func fault(at seconds: Int) -> String? {
        if seconds > notAfter { return "it has expired" }
        if seconds < notBefore { return "it is not valid yet" }
        return nil
    }
}
