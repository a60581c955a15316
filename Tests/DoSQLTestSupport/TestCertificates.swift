public import DoSQLTLS
import FoundationEssentials

/// The certificates of the folder `Certificates`: public keys and secret ones, good for tests and nothing else.
public enum TestCertificates {
    /// A server takes no private key that others may read, and git keeps no such mode: they get theirs on first use.
    private static let folder: String = {
        let folder = String(#filePath.dropLast("TestCertificates.swift".count)) + "Certificates/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(".key") {
            try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder + name)
        }
        return folder
    }()

    /// The path of a file there.
    public static func path(_ name: String) -> String { folder + name }

    /// The authority that clients of the tests trust.
    public static let root = path("root.pem")

    /// The first certificate of a file there, in DER.
    public static func der(_ name: String) throws -> [UInt8] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path(name + ".pem"))), as: UTF8.self)
        let lines = text.split(separator: "\n").dropFirst().prefix { !$0.hasPrefix("-----END") }
        return Array(Data(base64Encoded: lines.joined()) ?? Data())
    }

    /// A server's files by the name of its certificate: `server`, `renewed`, `elsewhere`, `expired`, `forged`.
    public static func files(_ name: String = "server", clients: TLSFiles.ClientCertificates? = nil) -> TLSFiles {
        TLSFiles(
            certificate: path(name + ".pem"), key: path(name + ".key"),
            clientCA: clients.map { _ in path("clients.pem") }, clientCertificates: clients ?? .required)
    }

    /// The flags of `dosql serve` for the same.
    public static func flags(_ name: String = "server") -> [String] {
        ["--tls-certificate", path(name + ".pem"), "--tls-key", path(name + ".key")]
    }

    /// A client that trusts the root, and has a certificate of its own if one is named: `client`, `forged`.
    public static func client(_ name: String? = nil, allowsTLS13: Bool = true) throws -> TLSClientContext {
        try TLSClientContext(
            trustRoots: root, certificate: name.map { (path($0 + ".pem"), path($0 + ".key")) },
            allowsTLS13: allowsTLS13)
    }
}
