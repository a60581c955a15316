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
    func upload(for text: String, length: Int64?) throws(Failure) -> Upload {
        // Nobody sends gigabytes to hear then that the name cannot be one.
        _ = try name(text)
        return try Upload(
            length: length, bytesMax: configuration.restoreBytesMax, space: space, threads: context.openers)
    }

    /// Makes an upload a tenant's database, when it is written.
    func restore(_ text: String, from upload: Upload, for caller: TransactionCaller) {
        upload.finish { [self] failure in
            threads.post(for: caller.shard) { [self] watch in
                let reply: AdministrationReply
                do throws(Failure) {
                    if let failure { throw failure }
                    reply = try json(restore(name(text), from: upload, watch))
                } catch {
                    reply = .failure(error)
                }
                caller.shard.post(.administration(reply, for: caller))
            }
        }
    }

    func restore(_ name: TenantName, from upload: Upload, _ watch: Watchdog.Post) throws(Failure)
        -> RestoreReport
    {
        upload.close()
        guard upload.received > 0 else { throw Failure(.restoreRefused, "the file is empty") }
        let candidate = CandidateDatabase(path: upload.path, context: context)
        let incarnation = try candidate.adopt(
            as: name, deadline: Budget.now() &+ configuration.checkTime, watch: watch, holding: hold)
        let replaced = try ending([(name, Self.replaced(name))]) { () throws(Failure) in
            let isNew = !context.folder.exists(name)
            if isNew { try context.admitNewTenant() }
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

    static func replaced(_ name: TenantName) -> Failure {
        Failure(.tenantUnavailable, "the tenant \(name) was replaced by a restored one: open it again")
    }
}
