import DoSQLEngine
import DoSQLProtocol

/// What a tenant's writer does on its turn for the operator, on its trusted connection. Reads go on meanwhile, writes wait.
enum MaintenanceTask: String, Sendable, CaseIterable {
    /// Rewrites the file without its free pages. Takes as much disk again while it lasts.
    case vacuum
    /// Refreshes what the query planner knows.
    case optimize
    /// Looks for faults in the file's structure.
    case quickCheck = "quick_check"
    /// The same, and whether indexes agree with their tables.
    case integrityCheck = "integrity_check"
    /// Copies the write-ahead log into the file, as far as readers allow.
    case checkpoint
}

extension Tenant {
    /// Carries a task out when the tenant's turn comes, opening the file if it is closed.
    /// - Parameter done: called on a writer thread with the faults that a check has found, or with why it was not done:
    ///   `TENANT_NOT_FOUND`, `OVERLOADED` where memory or disk do not suffice, …
    func carryOut(_ task: MaintenanceTask, done: @escaping @Sendable (Result<[String], Failure>) -> Void) {
        _ = submit(.maintenance(task, done))
    }
}

extension WriterDatabase {
    /// Carries out a task of the operator's.
    mutating func carryOut(_ task: MaintenanceTask) -> Result<[String], Failure> {
        do throws(SQLiteError) {
            switch task {
            case .vacuum:
                try connection.vacuum()
                published()
            case .optimize:
                try connection.optimize()
                published()
            case .quickCheck: return .success(try connection.quickCheck())
            case .integrityCheck: return .success(try connection.integrityCheck())
            case .checkpoint: checkpoint()
            }
            return .success([])
        } catch {
            noteStorage(error.code)
            return .failure(Failure(error))
        }
    }
}
