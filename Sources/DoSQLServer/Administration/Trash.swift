import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import FoundationEssentials
import Synchronization

/// What was deleted or replaced, and the changes of a tenant's place: delete, rename, replace, bring back, purge
/// (`protocol/administration.md`, what is durable).
///
///     DATA/deleted/ID/tombstone.json   whose it was and when; durable before anything is moved
///     DATA/deleted/ID/tenant/          the tenant's former folder
///     DATA/deleted/ID/replacement/     the folder that is to take its place
///
/// Each change happens with one rename, and is durable when both folders it touches are synced. ``recover()`` completes
/// what had happened when the process ended, and takes back what had not. The tenants concerned are closed, and nobody
/// opens them meanwhile: who calls sees to that. Everything here waits for the disk: not for an event loop.
final class Trash: Sendable {
    /// What was deleted, as the list tells it.
    struct Entry: Sendable {
        let id: DeletedID
        let tombstone: Tombstone
        /// Bytes of its files.
        let bytes: Int64
    }

    private let folder: DataFolder
    /// Called in front of each step that changes the disk, with its name: tests end a change there by throwing.
    private let beforeStep: @Sendable (String) throws(Failure) -> Void

    init(
        _ folder: DataFolder,
        beforeStep: @escaping @Sendable (String) throws(Failure) -> Void = { (_: String) throws(Failure) in }
    ) {
        self.folder = folder
        self.beforeStep = beforeStep
    }

    private func path(_ id: DeletedID, _ part: String = "") -> String {
        part.isEmpty ? "\(folder.deletedFolder)/\(id)" : "\(folder.deletedFolder)/\(id)/\(part)"
    }

    // MARK: Changes

    /// Moves a tenant here. It is gone when this returns.
    func delete(_ name: TenantName, at now: Int64) throws(Failure) -> Entry {
        let id = DeletedID(at: now)
        let tombstone = Tombstone(name: name.description, deletedAt: now, reason: .deleted)
        try begin(id, tombstone)
        try move(folder.folder(of: name), to: path(id, "tenant"), named: "tenant to deleted")
        return entry(id, tombstone)
    }

    /// Puts a database file in a tenant's place; what was there comes here. The file is durable; the rest of the tenant's
    /// folder, its settings, stays.
    /// - Returns: what was replaced; nil if there was nothing.
    func replace(_ name: TenantName, with file: String, at now: Int64) throws(Failure) -> Entry? {
        let id = DeletedID(at: now)
        let tombstone = Tombstone(name: name.description, deletedAt: now, reason: .replaced)
        try begin(id, tombstone)
        let replacement = path(id, "replacement")
        try step("replacement's folder") { () throws(FileSystem.Failure) in try FileSystem.createFolder(replacement) }
        try step("replacement's file") { () throws(FileSystem.Failure) in
            try FileSystem.rename(file, to: replacement + "/" + DataFolder.databaseName)
        }
        let place = folder.folder(of: name)
        let isThere = folder.exists(name)
        if !isThere { try clear(place) }
        if isThere { try copySettings(from: place, to: replacement) }
        try step("replacement durable") { () throws(FileSystem.Failure) in
            try FileSystem.syncDirectory(replacement)
            try FileSystem.syncDirectory(path(id))
        }
        if isThere { try move(place, to: path(id, "tenant"), named: "tenant to deleted") }
        try move(replacement, to: place, named: "replacement to tenants")
        if !isThere {
            try remove(path(id))
            return nil
        }
        return entry(id, tombstone)
    }

    /// Gives a tenant another name, which is free.
    func rename(_ name: TenantName, to other: TenantName) throws(Failure) {
        try clear(folder.folder(of: other))
        try move(folder.folder(of: name), to: folder.folder(of: other), named: "tenant to its new name")
    }

    /// Gives a tenant back, under a name that is free.
    func restore(_ id: DeletedID, as name: TenantName) throws(Failure) {
        try clear(folder.folder(of: name))
        try move(path(id, "tenant"), to: folder.folder(of: name), named: "deleted to tenants")
        try remove(path(id))
    }

    /// Removes an entry for good.
    func purge(_ id: DeletedID) throws(Failure) {
        let doomed = "\(folder.temporaryFolder)/purged-\(id)"
        try move(path(id), to: doomed, named: "deleted to temporary")
        try remove(doomed)
    }

    private func begin(_ id: DeletedID, _ tombstone: Tombstone) throws(Failure) {
        try step("entry's folder") { () throws(FileSystem.Failure) in try FileSystem.createFolder(path(id)) }
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(tombstone))
        } catch {
            throw Failure(.internal, "a tombstone cannot be written: \(error)")
        }
        try step("tombstone") { () throws(FileSystem.Failure) in
            let file = try WorkingFile(creating: path(id, "tombstone.json"))
            try file.write(bytes)
            try file.sync()
        }
        try step("tombstone durable") { () throws(FileSystem.Failure) in
            try FileSystem.syncDirectory(path(id))
            try FileSystem.syncDirectory(folder.deletedFolder)
        }
    }

    /// Everything of a tenant's folder but its database.
    private func copySettings(from place: String, to other: String) throws(Failure) {
        for name in try Self.contents(place) where !name.hasPrefix(DataFolder.databaseName) {
            try step("settings") { () throws(FileSystem.Failure) in
                let source = try WorkingFile(reading: place + "/" + name)
                let target = try WorkingFile(creating: other + "/" + name)
                try target.write(try source.read(Int(try source.size), at: 0))
                try target.sync()
            }
        }
    }

    /// The moment of a change: a rename, and both folders synced.
    private func move(_ place: String, to other: String, named step: String) throws(Failure) {
        try self.step(step) { () throws(FileSystem.Failure) in try FileSystem.rename(place, to: other) }
        try self.step(step + " durable") { () throws(FileSystem.Failure) in
            let (from, to) = (Self.parent(of: place), Self.parent(of: other))
            try FileSystem.syncDirectory(to)
            if from != to { try FileSystem.syncDirectory(from) }
        }
    }

    /// Removes what a creation has left that did not come to its end: a folder without a database.
    private func clear(_ place: String) throws(Failure) {
        if FileSystem.facts(of: place) != nil { try remove(place) }
    }

    private func remove(_ place: String) throws(Failure) {
        try step("removal") { () throws(FileSystem.Failure) in }
        do {
            try FileManager.default.removeItem(atPath: place)
        } catch {
            throw Failure(.storageFailed, "cannot remove \(place): \(error)")
        }
    }

    private func step(_ name: String, _ body: () throws(FileSystem.Failure) -> Void) throws(Failure) {
        try beforeStep(name)
        do throws(FileSystem.Failure) {
            try body()
        } catch {
            throw Failure(error)
        }
    }

    private static func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }

    // MARK: What there is

    /// What is here, sorted by id, behind `after`, at most `limit`; and whether there is more.
    func page(after: String, limit: Int) throws(Failure) -> (entries: [Entry], hasMore: Bool) {
        var entries: [Entry] = []
        for id in try ids() where after.utf8.lexicographicallyPrecedes(id.description.utf8) {
            guard let found = self.entry(id) else { continue }
            if entries.count == limit { return (entries, true) }
            entries.append(found)
        }
        return (entries, false)
    }

    /// One entry; nil if there is none, or it is not complete.
    func entry(_ id: DeletedID) -> Entry? {
        guard FileSystem.facts(of: path(id, "tenant")) != nil, let tombstone = tombstone(id) else { return nil }
        return entry(id, tombstone)
    }

    private func entry(_ id: DeletedID, _ tombstone: Tombstone) -> Entry {
        Entry(id: id, tombstone: tombstone, bytes: Self.bytes(of: path(id, "tenant")))
    }

    private func tombstone(_ id: DeletedID) -> Tombstone? {
        guard let data = FileManager.default.contents(atPath: path(id, "tombstone.json")) else { return nil }
        return try? JSONDecoder().decode(Tombstone.self, from: data)
    }

    private func ids() throws(Failure) -> [DeletedID] {
        try Self.contents(folder.deletedFolder).compactMap { DeletedID($0) }
            .sorted { $0.description.utf8.lexicographicallyPrecedes($1.description.utf8) }
    }

    private static func contents(_ path: String) throws(Failure) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw Failure(.storageFailed, "cannot list \(path): \(error)")
        }
    }

    /// Bytes of the files in a folder.
    static func bytes(of path: String) -> Int64 {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.reduce(0) { $0 + (FileSystem.facts(of: path + "/" + $1)?.size ?? 0) }
    }

    // MARK: At start

    /// Completes what had happened when the last process ended, and removes what had not.
    func recover() throws(Failure) {
        for name in try Self.contents(folder.temporaryFolder) { try remove("\(folder.temporaryFolder)/\(name)") }
        for id in try ids() { try recover(id) }
    }

    private func recover(_ id: DeletedID) throws(Failure) {
        let hasTenant = FileSystem.facts(of: path(id, "tenant")) != nil
        let replacement = path(id, "replacement")
        if FileSystem.facts(of: replacement) != nil {
            if hasTenant, let tombstone = tombstone(id), let name = try? TenantName(tombstone.name),
                FileSystem.facts(of: folder.folder(of: name)) == nil
            {
                // The old one had left its place: the new one was complete and durable by then.
                try move(replacement, to: folder.folder(of: name), named: "replacement to tenants")
            } else {
                try remove(replacement)
            }
        }
        if !hasTenant { try remove(path(id)) }
    }
}
