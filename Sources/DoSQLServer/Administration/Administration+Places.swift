import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging

/// Where a tenant is: its creation, its end and its return (`protocol/administration.md`, what is durable).
extension Administration {
    func create(_ name: TenantName) throws(Failure) {
        try reserving([name]) { () throws(Failure) in
            guard !context.folder.exists(name) else { throw Self.exists(name) }
            let tenant = tenants.tenant(name)
            let isNew = try wait { done in _ = tenant.submit(.create(done)) }
            guard isNew else { throw Self.exists(name) }
        }
        log.notice("tenant created", metadata: ["tenant": "\(name)"])
    }

    func delete(_ name: TenantName) throws(Failure) -> DeletedListing.Entry {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        let entry = try ending([(name, Self.notFound(name))]) { () throws(Failure) in
            guard context.folder.exists(name) else { throw Self.notFound(name) }
            let entry = try trash.delete(name, at: WallClock.milliseconds())
            context.catalog.remove(name)
            context.folder.countTenants(-1)
            return entry
        }
        log.notice("tenant deleted", metadata: ["tenant": "\(name)", "id": "\(entry.id)"])
        return self.entry(entry)
    }

    func rename(_ name: TenantName, to other: TenantName) throws(Failure) {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        guard name != other, !context.folder.exists(other) else { throw Self.exists(other) }
        try ending([(name, Self.notFound(name)), (other, Self.busy(other))]) { () throws(Failure) in
            guard context.folder.exists(name) else { throw Self.notFound(name) }
            guard !context.folder.exists(other) else { throw Self.exists(other) }
            try trash.rename(name, to: other)
            context.catalog.remove(name)
            context.catalog.add(other)
        }
        log.notice("tenant renamed", metadata: ["tenant": "\(name)", "to": "\(other)"])
    }

    func undelete(_ id: DeletedID, as wanted: String?) throws(Failure) -> TenantName {
        guard let entry = trash.entry(id) else { throw Self.nothingDeleted(id.description) }
        let name = try name(wanted ?? entry.tombstone.name)
        guard !context.folder.exists(name) else { throw Self.exists(name) }
        try ending([(name, Self.busy(name))]) { () throws(Failure) in
            guard !context.folder.exists(name) else { throw Self.exists(name) }
            guard trash.entry(id) != nil else { throw Self.nothingDeleted(id.description) }
            try context.admitNewTenant()
            do throws(Failure) {
                try trash.restore(id, as: name)
            } catch {
                context.folder.countTenants(-1)
                throw error
            }
            context.catalog.add(name)
        }
        log.notice("tenant brought back", metadata: ["tenant": "\(name)", "id": "\(id)"])
        return name
    }

    func purge(_ id: DeletedID) throws(Failure) {
        guard let entry = trash.entry(id), let name = try? TenantName(entry.tombstone.name) else {
            throw Self.nothingDeleted(id.description)
        }
        // Under the name's reservation, so that nobody brings it back meanwhile.
        try reserving([name]) { () throws(Failure) in
            guard trash.entry(id) != nil else { throw Self.nothingDeleted(id.description) }
            try trash.purge(id)
        }
        log.notice("deleted tenant purged", metadata: ["tenant": "\(name)", "id": "\(id)"])
    }

    /// Removes for good what was kept for long enough.
    func purgeExpired(_ now: Int64) {
        let kept = Int64(configuration.deletedKept) * 1000
        guard let page = try? trash.page(after: "", limit: .max) else { return }
        for entry in page.entries where entry.tombstone.deletedAt + kept <= now {
            do throws(Failure) {
                try purge(entry.id)
            } catch {
                log.warning(
                    "a deleted tenant could not be purged",
                    metadata: ["id": "\(entry.id)", "error": "\(error.message)"])
            }
        }
    }
}
