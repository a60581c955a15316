internal import DoSQLEngine
internal import DoSQLProtocol
public import DoSQLSession
internal import FoundationEssentials
internal import Synchronization

/// The folder with everything a server keeps, owned by one process at a time.
///
///     DATA/FORMAT                     the format's number
///     DATA/LOCK                       flock of the process that has it open
///     DATA/tenants/STEM/main.sqlite   one folder a tenant, so that what belongs to it later has a place
///     DATA/tenants/STEM/limits.json   the limits that are the tenant's own, if it has some
///     DATA/deleted/ID/                what was deleted or replaced: see ``Trash``
///     DATA/temporary/                 uploads and backups; emptied at every start
///
/// `STEM` is ``TenantName/fileStem``; nothing else that a client sends becomes part of a path.
public final class DataFolder: Sendable {
    /// The newest format this server reads and the one it writes.
    public static let format = 1

    /// A tenant's database, in its folder; its log's name begins in the same way.
    static let databaseName = "main.sqlite"

    /// The folder.
    public let path: String
    private let lock: FileLock
    private let tenantCount = Atomic<Int>(0)
    /// Tells temporary files of limits apart.
    private let lastFile = Atomic<UInt64>(0)

    /// Opens the folder, or creates it.
    /// - Throws: ``Failure``: somebody else has it open, it is of a newer format, or the system refuses.
    public init(path: String) throws(Failure) {
        self.path = path
        let isNew = !FileManager.default.fileExists(atPath: path + "/FORMAT")
        for part in ["/tenants", "/deleted", "/temporary"] { try Self.createFolder(path + part) }
        do throws(FileSystem.Failure) {
            lock = try FileLock(path: path + "/LOCK")
        } catch {
            if FileLock.isHeldByAnother(error) {
                throw Failure(
                    .tenantUnavailable,
                    "another process has \(path) open: a data folder belongs to one server at a time")
            }
            throw Failure(error)
        }
        if isNew {
            do {
                try Data("\(Self.format)\n".utf8).write(to: URL(filePath: path + "/FORMAT"), options: .atomic)
            } catch {
                throw Failure(.storageFailed, "cannot write \(path)/FORMAT: \(error)")
            }
        }
        // At every start: who made the folder may have died before it was durable.
        do throws(FileSystem.Failure) {
            try FileSystem.syncDirectory(path)
        } catch {
            throw Failure(error)
        }
        if !isNew { try checkFormat() }
        tenantCount.store(isNew ? 0 : (try? tenants().count) ?? 0, ordering: .relaxed)
    }

    private func checkFormat() throws(Failure) {
        guard let data = FileManager.default.contents(atPath: path + "/FORMAT"),
            let text = String(bytes: data, encoding: .utf8), let number = Int(text.filter { !$0.isWhitespace })
        else {
            throw Failure(
                .tenantUnavailable, "\(path)/FORMAT does not hold a number: this is not a data folder of DoSQL")
        }
        guard number <= Self.format else {
            throw Failure(
                .tenantUnavailable,
                "\(path) has format \(number), and this server reads up to \(Self.format): use the newer server that wrote it"
            )
        }
    }

    /// What is wrong with the folder as it lies there now; nil if it can be used. Reads the disk: not for an event loop.
    var fault: String? {
        let files = FileManager.default
        guard files.fileExists(atPath: path + "/FORMAT") else { return "the data folder is not there any more" }
        guard files.isWritableFile(atPath: path + "/tenants") else { return "the data folder cannot be written to" }
        return nil
    }

    /// Where tenants lie.
    var tenantsFolder: String { path + "/tenants" }

    /// Where lies what was deleted.
    var deletedFolder: String { path + "/deleted" }

    /// Where lies what nobody needs after a restart.
    var temporaryFolder: String { path + "/temporary" }

    /// The folder of a tenant.
    func folder(of tenant: TenantName) -> String { "\(path)/tenants/\(tenant.fileStem)" }

    /// The database file of a tenant.
    func database(of tenant: TenantName) -> String { "\(folder(of: tenant))/\(Self.databaseName)" }

    /// Whether the tenant has been created.
    func exists(_ tenant: TenantName) -> Bool { FileManager.default.fileExists(atPath: database(of: tenant)) }

    /// Makes the folder of a tenant.
    func create(_ tenant: TenantName) throws(Failure) {
        try Self.createFolder(folder(of: tenant))
    }

    /// Counts tenants that are made, or with a negative number removed; gives how many there are.
    @discardableResult
    func countTenants(_ count: Int) -> Int { tenantCount.add(count, ordering: .relaxed).newValue }

    private func limitsFile(of tenant: TenantName) -> String { "\(folder(of: tenant))/limits.json" }

    /// The limits that are a tenant's own. Reads the disk: not for an event loop.
    /// - Throws: `TENANT_UNAVAILABLE` if what lies there cannot be understood: to go without limits would be worse.
    func limits(of tenant: TenantName) throws(Failure) -> TenantLimitOverrides {
        guard let data = FileManager.default.contents(atPath: limitsFile(of: tenant)) else { return .init() }
        do throws(TenantLimitOverrides.Fault) {
            return try TenantLimitOverrides(json: data)
        } catch {
            throw Failure(.tenantUnavailable, "\(limitsFile(of: tenant)): \(error)")
        }
    }

    /// Keeps the limits that are a tenant's own, which must be there. The file is replaced whole, and durable.
    func store(_ limits: TenantLimitOverrides, of tenant: TenantName) throws(Failure) {
        guard exists(tenant) else { throw Failure(.tenantNotFound, "there is no tenant \(tenant)") }
        let path = limitsFile(of: tenant)
        do {
            if limits.isEmpty {
                if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
            } else {
                // By way of a file that is durable, so that the limits are there whole or not at all.
                let number = lastFile.add(1, ordering: .relaxed).newValue
                let file = try WorkingFile(creating: "\(temporaryFolder)/limits-\(number)")
                try file.write(Array(limits.json))
                try file.sync()
                try FileSystem.rename("\(temporaryFolder)/limits-\(number)", to: path)
            }
            try FileSystem.syncDirectory(folder(of: tenant))
        } catch let failure as FileSystem.Failure {
            throw Failure(failure)
        } catch {
            throw Failure(.storageFailed, "cannot write \(path): \(error)")
        }
    }

    /// Makes durable that a tenant's file is there: its first answer must survive a power cut with the file it lies in.
    func makeDurable(_ tenant: TenantName) throws(Failure) {
        do throws(FileSystem.Failure) {
            try FileSystem.syncDirectory(folder(of: tenant))
            try FileSystem.syncDirectory(path + "/tenants")
        } catch {
            throw Failure(error)
        }
    }

    /// All tenants, sorted by the bytes of their names. Reads the disk: not for an event loop.
    public func tenants() throws(Failure) -> [TenantName] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path + "/tenants")
                .compactMap { TenantName(fileStem: $0) }
                .filter { exists($0) }
                .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
        } catch {
            throw Failure(.storageFailed, "cannot list \(path)/tenants: \(error)")
        }
    }

    private static func createFolder(_ path: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(.storageFailed, "cannot create \(path): \(error)")
        }
    }
}
