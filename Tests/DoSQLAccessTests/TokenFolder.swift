import DoSQLAccess
import Foundation

/// A folder with files of keys, which goes with the test, and what is configured of them.
final class TokenFolder {
    private let url: URL
    var configuration = TokenConfiguration()

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "dosql-access-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(of name: String) -> String { url.appending(path: name).path }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String, mode: Int = 0o600) throws -> String {
        let path = path(of: name)
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    /// Configures a key of an issuer.
    func trust(_ issuer: Issuer, id: String? = nil, rules: SigningRules = SigningRules()) throws {
        let path = try write(issuer.keyFile, to: "\(issuer.algorithm.rawValue)-\(id ?? "only").key")
        configuration.signingKeys.append(.init(algorithm: issuer.algorithm, path: path, id: id, rules: rules))
    }

    /// Configures API keys.
    func trust(_ records: [KeyRecord]) throws {
        var file = KeyFile()
        for record in records { file.add(record) }
        configuration.keyFile = try write(file.text, to: "keys.json")
    }

    /// Configures the list of revoked tokens.
    func revoke(_ ids: String...) throws {
        configuration.revocationFile = try write(ids.map { "\($0)\n" }.joined(), to: "revoked")
    }

    func authority() throws -> TokenAuthority { try TokenAuthority(configuration) }
}
