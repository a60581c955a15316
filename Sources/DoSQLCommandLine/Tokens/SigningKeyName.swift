import DoSQLAccess

/// A key that JWTs are signed with, as an operator names it: `EdDSA:/etc/dosql/key.pem:2026-11`. The last colon begins the
/// id, so a file whose name has one needs an id.
struct SigningKeyName: Hashable, Sendable, CustomStringConvertible {
    let algorithm: SigningAlgorithm
    let path: String
    let id: String?

    /// What is wrong with a name, to follow it.
    struct Fault: Error {
        let text: String
    }

    init(parsing text: String) throws(Fault) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let algorithm = SigningAlgorithm(rawValue: String(parts[0])) else {
            let names = SigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(text: "begins with one of \(names), and a colon")
        }
        var path = parts[1]
        var id: String?
        if let colon = path.lastIndex(of: ":") {
            id = String(path[path.index(after: colon)...])
            path = path[..<colon]
        }
        guard !path.isEmpty else { throw Fault(text: "no file") }
        guard id?.isEmpty != true else { throw Fault(text: "no id behind the last colon") }
        self.algorithm = algorithm
        self.path = String(path)
        self.id = id
    }

    var description: String { "\(algorithm.rawValue):\(path)" + (id.map { ":\($0)" } ?? "") }
}
