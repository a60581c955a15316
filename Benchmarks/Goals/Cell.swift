import BenchmarkSupport

/// A program at a piece of work: what is measured in each round.
struct CellID: Hashable, CustomStringConvertible {
    let program: Program
    let work: String

    init(_ program: Program, _ work: String) {
        self.program = program
        self.work = work
    }

    var description: String { "\(program.rawValue), \(work)" }
}

/// Who does the work.
enum Program: String, Hashable {
    case dosql = "DoSQL"
    case dosqlHTTP = "DoSQL over HTTP"
    case dosqlClient = "DoSQL, Swift client"
    case bound = "C bound"
    case boundHTTP = "C bound over HTTP"
    case echo = "C echo"
    case inProcess = "SQLite in process, as people open it"
    case inProcessShared = "SQLite in process, unix-excl, shared read transactions"
    case postgreSQL = "PostgreSQL"
    case redis = "Redis"
    case redisAlways = "Redis, appendfsync always"
    case nginx = "nginx"
    case node = "Node"

    /// Whether it is somebody else's.
    var isPeer: Bool {
        switch self {
        case .postgreSQL, .redis, .redisAlways, .nginx, .node: true
        default: false
        }
    }
}

/// Something to be measured once in a round; it may come to the figures of several cells at once.
struct Cell {
    let ids: [CellID]
    let measure: (_ seconds: Double) throws -> [Figures]

    init(_ id: CellID, _ measure: @escaping (_ seconds: Double) throws -> Figures) {
        ids = [id]
        self.measure = { [try measure($0)] }
    }

    init(_ ids: [CellID], _ measure: @escaping (_ seconds: Double) throws -> [Figures]) {
        self.ids = ids
        self.measure = measure
    }
}
