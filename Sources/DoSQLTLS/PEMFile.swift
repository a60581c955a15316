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

    /// Reads it.
    /// - Parameter isSecret: whether it may be open to its owner and group only, as files of tokens are.
    init(_ path: String, isSecret: Bool = false) throws(TLSFileError) {
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
        if isSecret { try checkMode() }
    }

    /// <https://man7.org/linux/man-pages/man7/inode.7.html>
    private func checkMode() throws(TLSFileError) {
        var facts = stat()
        guard unsafe stat(path, &facts) == 0 else {
            throw TLSFileError(path, "its mode cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        let mode = Int(facts.st_mode) & 0o777
        guard mode & 0o007 == 0 else {
            let digits = String(mode, radix: 8)
            throw TLSFileError(
                path,
                "others may read or write it (mode 0\(digits)): a private key is its owner's and group's, 0600 or 0640")
        }
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
