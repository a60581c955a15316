import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import FoundationEssentials
import Logging

/// A tenant as a file, out and in (`protocol/administration.md`, backup, restore).
extension Administration {
    func backup(_ name: TenantName) throws(Failure) -> BackupFile {
        let tenant = try open(name)
        let share = TemporarySpace.Share(of: space)
        let path = space.newPath("backup")
        let vfsName = context.vfsName
        defer { Self.remove(path) }
        let moment = try reading(tenant) { (connection) throws(Failure) in
            let moment = try Self.moment(of: connection)
            let pages = try Self.pages(of: connection)
            try share.grow(by: Int64(pages.pages) * Int64(pages.pageSize))
            do throws(SQLiteError) {
                try connection.copy(to: path, vfsName: vfsName) { !isStopping.isCancelled && !tenant.isEnded }
            } catch {
                guard error.code == .interrupt else { throw Failure(error) }
                throw Failure(.tenantUnavailable, "the tenant, or the server, came to an end during the backup")
            }
            return moment
        }
        do throws(FileSystem.Failure) {
            return try BackupFile(path, share: share, lsn: moment.lsn, incarnation: moment.incarnation)
        } catch {
            throw Failure(error)
        }
    }

    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-journal"] where FileSystem.facts(of: path + suffix) != nil {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    /// Begins an upload of a file that is to become a tenant's.
    /// - Parameters:
    ///   - length: its bytes, if they are known.
    ///   - mayCreate: whether a tenant that is not there may be made of it.
    func upload(for text: String, length: Int64?, mayCreate: Bool) throws(Failure) -> Upload {
        // Nobody sends gigabytes to hear then that the name cannot be one.
        let name = try name(text)
        if !mayCreate && !context.folder.exists(name) { throw .lacking(.create) }
        return try Upload(
            length: length, bound: ("restoreBytesMax", configuration.restoreBytesMax), mayCreate: mayCreate,
            space: space, threads: context.openers)
    }

    /// Makes an upload a tenant's database, when it is written.
    func restore(_ text: String, from upload: Upload, for caller: TransactionCaller) {
        upload.finish { [self] failure in
            let errand: LongErrand
            do throws(Failure) {
                if let failure { throw failure }
                errand = try begin(.replacement(name(text)))
            } catch {
                caller.shard.post(.administration(.failure(error), for: caller))
                return upload.abandon()
            }
            threads.post(for: errand) { [self] watch in
                let reply: AdministrationReply
                do throws(Failure) {
                    reply = try json(restore(name(text), from: upload, watch))
                } catch {
                    reply = .failure(error)
                }
                errand.end()
                caller.shard.post(.administration(reply, for: caller))
            }
        }
    }

    func restore(_ name: TenantName, from upload: Upload, _ watch: Watchdog.Post) throws(Failure)
        -> RestoreReport
    {
        upload.close()
        guard upload.received > 0 else { throw Failure(.restoreRefused, "the file is empty") }
        try checkRoom(for: upload, as: name)
        let candidate = CandidateDatabase(path: upload.path, context: context)
        let incarnation = try candidate.adopt(
            as: name, deadline: Budget.now() &+ configuration.checkTime, watch: watch, holding: hold)
        let replaced = try ending([(name, Self.replaced(name))]) { () throws(Failure) in
            let isNew = !context.folder.exists(name)
            if isNew {
                guard upload.mayCreate else { throw .lacking(.create) }
                try context.admitNewTenant()
            }
            do throws(Failure) {
                let replaced = try trash.replace(name, with: upload.path, at: WallClock.milliseconds())
                context.catalog.add(name)
                return replaced
            } catch {
                if isNew { context.folder.countTenants(-1) }
                throw error
            }
        }
        upload.taken()
        log.notice(
            "tenant restored", metadata: ["tenant": "\(name)", "replaced": "\(replaced?.id.description ?? "nothing")"])
        return RestoreReport(
            name: name.description, bytes: upload.received, incarnation: incarnation.description,
            replaced: replaced?.id.description)
    }

    /// A restored file is bound as one that has grown: by the limits of its tenant, and those of the disk.
    private func checkRoom(for upload: Upload, as name: TenantName) throws(Failure) {
        let limits = try context.folder.limits(of: name).applied(to: context.tenantLimits)
        guard upload.received <= limits.databaseBytesMax else {
            throw Failure(
                .storageFull, "the file has \(upload.received) bytes: more than the tenant's database may have",
                limit: ("databaseBytesMax", limits.databaseBytesMax))
        }
        context.disk.look(MonotonicClock.nanoseconds())
        if let bound = context.disk.met {
            throw Failure(.storageFull, "the disk has no room for a restored file", limit: bound)
        }
    }

    static func replaced(_ name: TenantName) -> Failure {
        Failure(.tenantUnavailable, "the tenant \(name) was replaced by a restored one: open it again")
    }
}
