import DoSQLServer

/// What `dosql --version` prints.
enum Version {
    static let text = "dosql \(Server.version)"
}
