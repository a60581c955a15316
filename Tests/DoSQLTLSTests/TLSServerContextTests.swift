import DoSQLTLS
import DoSQLTestSupport
import FoundationEssentials
import Testing

@Suite("TLS certificates")
struct TLSServerContextTests {
    /// A copy of a certificate and its key that a test may change.
    private struct Folder {
        let folder: TemporaryFolder
        var files: TLSFiles { TLSFiles(certificate: folder.path(of: "cert.pem"), key: folder.path(of: "key.pem")) }

        init(_ name: String = "server") throws {
            folder = try TemporaryFolder()
            try put(name)
        }

        func put(_ name: String) throws {
            let from = TestCertificates.files(name)
            try write(Data(contentsOf: URL(filePath: from.certificate)), to: files.certificate)
            try write(Data(contentsOf: URL(filePath: from.key)), to: files.key)
        }

        func write(_ data: Data, to path: String) throws {
            try data.write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
    }

    @Test func `a key that others may read is refused`() throws {
        let folder = try Folder()
        let key = folder.files.key
        for (mode, isGood) in [
            (0o600, true), (0o640, true), (0o400, true), (0o644, false), (0o602, false), (0o604, false),
        ] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: key)
            if isGood {
                _ = try TLSServerContext(folder.files)
            } else {
                let error = #expect(throws: TLSFileError.self) { try TLSServerContext(folder.files) }
                #expect(error?.file == key && error?.reason.contains("0\(String(mode, radix: 8))") == true)
            }
        }
        // Everybody may read a certificate.
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.files.certificate)
        _ = try TLSServerContext(folder.files)
    }

    @Test func `a client refuses another name, an unknown authority and a certificate that has expired`() throws {
        for name in ["elsewhere", "forged", "expired"] {
            let wire = try Wire(TLSServerContext(TestCertificates.files(name)))
            let fault = #expect(throws: TLSFault.self) { try wire.settle() }
            #expect(fault?.kind == .handshake)
        }
        let elsewhere = try Wire(
            TLSServerContext(TestCertificates.files("elsewhere")), serverName: "elsewhere.example")
        try elsewhere.settle()
        #expect(elsewhere.client.isEstablished)
    }

    @Test(arguments: [true, false])
    func `a certificate that clients must show lets nobody in without a good one`(allowsTLS13: Bool) throws {
        let context = try TLSServerContext(TestCertificates.files(clients: .required))
        let known = try Wire(context, client: TestCertificates.client("client", allowsTLS13: allowsTLS13))
        try known.settle()
        #expect(known.server.isEstablished)
        for name in [nil, "forged"] {
            let wire = try Wire(context, client: TestCertificates.client(name, allowsTLS13: allowsTLS13))
            let fault = #expect(throws: TLSFault.self) { try wire.settle() }
            #expect(!wire.server.isEstablished)
            #expect(wire.server.fault == fault)
            #expect(
                fault?.reason == (name == nil ? "PEER_DID_NOT_RETURN_A_CERTIFICATE" : "CERTIFICATE_VERIFY_FAILED"))
        }
    }

    @Test func `a certificate that clients may show must be good if they do`() throws {
        let context = try TLSServerContext(TestCertificates.files(clients: .optional))
        for name in [nil, "client"] {
            let wire = try Wire(context, client: TestCertificates.client(name))
            try wire.settle()
            #expect(wire.server.isEstablished)
        }
        let forged = try Wire(context, client: TestCertificates.client("forged"))
        #expect(throws: TLSFault.self) { try forged.settle() }
    }

    @Test func `what is loaded again is for sessions to come, and the others go on`() throws {
        let folder = try Folder("elsewhere")
        let context = try TLSServerContext(folder.files)
        let old = try Wire(context, serverName: "elsewhere.example")
        try old.settle()
        try folder.put("server")
        try context.reload()
        let new = try Wire(context)
        try new.settle()
        #expect(new.client.isEstablished)
        for wire in [old, new] {
            let bytes = Array("hello".utf8)
            try wire.client.send(bytes.span, into: &wire.toServer)
            try wire.settle()
            #expect(wire.atServer == bytes)
        }
    }

    @Test func `a bad file leaves everything as it was, and its error names it`() throws {
        let folder = try Folder()
        let context = try TLSServerContext(folder.files)
        let certificate = try Data(contentsOf: URL(filePath: folder.files.certificate))
        let key = try Data(contentsOf: URL(filePath: folder.files.key))
        func expect(_ file: String, _ reason: String) throws {
            let error = #expect(throws: TLSFileError.self) { try context.reload() }
            #expect(error?.file == file)
            #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
            let wire = try Wire(context)
            try wire.settle()
            #expect(wire.client.isEstablished)
        }
        try folder.write(Data("nothing".utf8), to: folder.files.certificate)
        try expect(folder.files.certificate, "no certificate")
        try folder.write(certificate.dropLast(200), to: folder.files.certificate)
        try expect(folder.files.certificate, "no certificate")
        try folder.write(certificate, to: folder.files.certificate)
        try folder.write(Data(), to: folder.files.key)
        try expect(folder.files.key, "no private key")
        try folder.write(Data(contentsOf: URL(filePath: TestCertificates.path("client.key"))), to: folder.files.key)
        try expect(folder.files.key, "does not belong")
        try FileManager.default.removeItem(atPath: folder.files.key)
        try expect(folder.files.key, "No such file")
        try FileManager.default.createDirectory(atPath: folder.files.key, withIntermediateDirectories: false)
        try expect(folder.files.key, "no file")
        try FileManager.default.removeItem(atPath: folder.files.key)
        try folder.write(Data(count: TLSLimits.fileBytesMax + 1), to: folder.files.key)
        try expect(folder.files.key, "longer")
        try folder.write(key, to: folder.files.key)
        try context.reload()
    }

    @Test func `a certificate says when it is good`() throws {
        let expired = try TLSServerContext(TestCertificates.files("expired")).validity
        #expect(expired.notAfter == 1_704_153_600)
        #expect(expired.fault(at: expired.notAfter + 1) == "it has expired")
        #expect(expired.fault(at: expired.notBefore - 1) == "it is not valid yet")
        #expect(expired.fault(at: expired.notAfter) == nil)
    }

    @Test func `a client's files that are none are named`() {
        #expect(throws: TLSFileError("/nowhere", "it cannot be read: No such file or directory")) {
            try TLSClientContext(trustRoots: "/nowhere")
        }
    }
}
