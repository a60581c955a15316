/// What an operator asks for (`protocol/administration.md`, addresses): names and ids as they came, which nobody has
/// looked at yet.
enum AdministrationRequest: Equatable, Sendable {
    case server
    case listTenants
    case create
    case report(String)
    case delete(String)
    case rename(String)
    case backup(String)
    case restore(String)
    case readRetention(String), writeRetention(String)
    case readLimits(String), changeLimits(String), replaceLimits(String)
    case maintain(String, Maintenance)
    case listDeleted
    case undelete(String)
    case purge(String)

    /// What is done to a tenant's file on its turn to write.
    enum Maintenance: String, CaseIterable, Sendable {
        case vacuum, optimize, check
    }

    /// What a method and the path's segments behind `/admin` ask for; methods that are known where this one is not.
    static func match(_ method: String, _ path: ArraySlice<String>) -> (request: Self?, methods: [String]) {
        let known = known(Array(path))
        return (known.first { $0.method == method }?.request, known.map(\.method))
    }

    /// Everything that is under a path, with its methods.
    private static func known(_ path: [String]) -> [(method: String, request: Self)] {
        switch (path.first, path.count) {
        case ("server", 1): return [("GET", .server)]
        case ("tenants", 1): return [("GET", .listTenants), ("POST", .create)]
        case ("tenants", 2): return [("GET", .report(path[1])), ("DELETE", .delete(path[1]))]
        case ("tenants", 3):
            switch path[2] {
            case "rename": return [("POST", .rename(path[1]))]
            case "backup": return [("GET", .backup(path[1]))]
            case "restore": return [("PUT", .restore(path[1]))]
            case "retention": return [("GET", .readRetention(path[1])), ("PUT", .writeRetention(path[1]))]
            case "limits":
                return [
                    ("GET", .readLimits(path[1])), ("PATCH", .changeLimits(path[1])), ("PUT", .replaceLimits(path[1])),
                ]
            case "vacuum": return [("POST", .maintain(path[1], .vacuum))]
            case "optimize": return [("POST", .maintain(path[1], .optimize))]
            case "check": return [("POST", .maintain(path[1], .check))]
            default: return []
            }
        case ("deleted", 1): return [("GET", .listDeleted)]
        case ("deleted", 2): return [("DELETE", .purge(path[1]))]
        case ("deleted", 3): return path[2] == "restore" ? [("POST", .undelete(path[1]))] : []
        default: return []
        }
    }
}
