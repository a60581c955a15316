internal import FoundationEssentials
internal import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that holds PEM (RFC 7468), read whole.
struct PEMFile {
    private let path: String
    private let bytes: [UInt8]

    init(_ path: String) throws(TLSFileError) {
        self.path = path
        guard unsafe access(path, R_OK) == 0 else {
            throw TLSFileError(path, "it cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw TLSFileError(path, "it cannot be read: it is no file")
        }
        guard data.count <= TLSLimits.fileBytesMax else {
            throw TLSFileError(path, "it is longer than \(TLSLimits.fileBytesMax) bytes")
        }
        bytes = Array(data)
    }

    /// The certificates in it, at least one.
    func certificates() throws(TLSFileError) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMBytes(bytes), !found.isEmpty else {
            throw TLSFileError(path, "there is no certificate in it (PEM, BEGIN CERTIFICATE)")
        }
        return found
    }

    /// The private key in it.
    func key() throws(TLSFileError) -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw TLSFileError(path, "there is no private key in it (PEM, BEGIN PRIVATE KEY, not encrypted)")
        }
        return key
    }
}
