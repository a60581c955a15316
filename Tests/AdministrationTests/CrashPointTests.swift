import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Foundation
import Synchronization
import Testing

@testable import DoSQLServer

/// Changes of a tenant's place that end at any of their steps, and what the next start makes of them.
struct CrashPointTests {
    /// A data folder whose changes end in front of a step, as if the process were gone.
    private struct Scene {
        let temporary: TemporaryFolder
        let path: String

        init() throws {
            temporary = try TemporaryFolder()
            path = temporary.path(of: "data")
            _ = try Self.open(path)
            try put("acme", "old")
        }

        /// Opens the folder. A process that another test starts holds a copy of its lock for a moment.
        static func open(_ path: String) throws -> DataFolder {
            var folder: DataFolder?
            _ = Deadline.poll(for: .seconds(30)) {
                folder = try? DataFolder(path: path)
                return folder != nil
            }
            return try folder ?? DataFolder(path: path)
        }

        func put(_ name: String, _ content: String) throws {
            let folder = "\(path)/tenants/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for (file, text) in [("main.sqlite", content), ("main.sqlite-wal", content), ("retention.json", "{}")] {
                try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file)"))
            }
        }

        /// A file that is ready to take a place.
        func candidate() throws -> String {
            let path = "\(path)/temporary/restore-1"
            try Data("new".utf8).write(to: URL(filePath: path))
            return path
        }

        /// Carries a change out up to its `steps`-th step.
        /// - Returns: whether it came to its end.
        func carryOut(steps: Int, _ change: (Trash) throws(Failure) -> Void) throws -> Bool {
            let folder = try Self.open(path)
            let left = Mutex(steps)
            let trash = Trash(folder) { (_: String) throws(Failure) in
                let goesOn = left.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if !goesOn { throw Failure(.internal, "the process is gone") }
            }
            do {
                try change(trash)
                return true
            } catch {
                guard error.message == "the process is gone" else { throw error }
                return false
            }
        }

        /// What there is after a start: tenants with their content, and what was deleted with its content.
        func start() throws -> (tenants: [String: String], deleted: [String: String]) {
            let folder = try Self.open(path)
            let trash = Trash(folder)
            try trash.recover()
            // A second one finds nothing to do.
            try trash.recover()
            var tenants: [String: String] = [:]
            for name in try folder.tenants() { tenants[name.description] = read(folder.database(of: name)) }
            var deleted: [String: String] = [:]
            for entry in try trash.page(after: "", limit: .max).entries {
                deleted[entry.tombstone.name] = read("\(path)/deleted/\(entry.id)/tenant/main.sqlite")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/temporary").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/deleted").count == deleted.count)
            return (tenants, deleted)
        }

        private func read(_ path: String) -> String {
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
    }

    private static let acme = try? TenantName("acme")

    /// Ends a change in front of each of its steps, until it has none left, and looks at what the next start finds.
    private func everyStep(
        _ prepare: (Scene) throws -> Void = { _ in },
        _ change: @escaping (Trash, Scene) throws -> Void,
        before: (tenants: [String: String], deleted: [String: String]),
        after: (tenants: [String: String], deleted: [String: String])
    ) throws {
        var happened = false
        for steps in 0..<40 {
            let scene = try Scene()
            try prepare(scene)
            var failure: (any Error)?
            let isOver = try scene.carryOut(steps: steps) { (trash) throws(Failure) in
                do {
                    try change(trash, scene)
                } catch let error as Failure {
                    throw error
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            let found = try scene.start()
            let isAfter = found.tenants == after.tenants && found.deleted == after.deleted
            let isBefore = found.tenants == before.tenants && found.deleted == before.deleted
            #expect(isAfter || isBefore, "ended at step \(steps): \(found)")
            // Once it has happened, it has happened at every later step too.
            #expect(isAfter || !happened, "step \(steps)")
            happened = isAfter
            if isOver {
                #expect(isAfter)
                #expect(steps > 1)
                return
            }
        }
        Issue.record("the change has no end")
    }

    @Test func `a deletion has happened or not`() throws {
        let name = try #require(Self.acme)
        try everyStep(
            { _ in }, { trash, _ in _ = try trash.delete(name, at: 1_795_666_539_123) },
            before: (["acme": "old"], [:]), after: ([:], ["acme": "old"]))
    }

    @Test func `a tenant is the old one or the new one`() throws {
        let name = try #require(Self.acme)
        try everyStep(
            { _ in }, { trash, scene in _ = try trash.replace(name, with: try scene.candidate(), at: 1) },
            before: (["acme": "old"], [:]), after: (["acme": "new"], ["acme": "old"]))
    }

    @Test func `a tenant that is restored where none was is there or not`() throws {
        let name = try TenantName("other")
        try everyStep(
            { _ in }, { trash, scene in _ = try trash.replace(name, with: try scene.candidate(), at: 1) },
            before: (["acme": "old"], [:]), after: (["acme": "old", "other": "new"], [:]))
    }

    @Test func `a tenant has its old name or its new one`() throws {
        let name = try #require(Self.acme)
        let other = try TenantName("other")
        try everyStep(
            { _ in }, { trash, _ in try trash.rename(name, to: other) },
            before: (["acme": "old"], [:]), after: (["other": "old"], [:]))
    }

    @Test func `what was deleted is back or not`() throws {
        let name = try #require(Self.acme)
        let id = Mutex<DeletedID?>(nil)
        func delete(_ scene: Scene) throws {
            let folder = try Scene.open(scene.path)
            let entry = try Trash(folder).delete(name, at: 1)
            id.withLock { $0 = entry.id }
        }
        try everyStep(
            delete, { trash, _ in try trash.restore(try #require(id.withLock { $0 }), as: name) },
            before: ([:], ["acme": "old"]), after: (["acme": "old"], [:]))
        try everyStep(
            delete, { trash, _ in try trash.purge(try #require(id.withLock { $0 })) },
            before: ([:], ["acme": "old"]), after: ([:], [:]))
    }

    @Test func `settings go with a tenant, and stay where its database is replaced`() throws {
        let scene = try Scene()
        let folder = try Scene.open(scene.path)
        let name = try #require(Self.acme)
        let trash = Trash(folder)
        let entry = try #require(try trash.replace(name, with: try scene.candidate(), at: 1))
        let place = folder.folder(of: name)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place).sorted() == ["main.sqlite", "retention.json"])
        let former = try FileManager.default.contentsOfDirectory(atPath: "\(scene.path)/deleted/\(entry.id)/tenant")
        #expect(former.sorted() == ["main.sqlite", "main.sqlite-wal", "retention.json"])
    }

    @Test func `ids sort by time, and nothing else is one`() throws {
        let ids = [0, 999, 1000, 1_795_666_539_123, 4_107_542_400_000].map { DeletedID(at: $0).description }
        #expect(ids == ids.sorted())
        for id in ids { #expect(DeletedID(id)?.description == id, "\(id)") }
        for text in [
            "", "..", ids[0] + "0", String(ids[0].dropLast()), ids[0].uppercased() + "/",
            "2026112600000000000-0123456789abcdef",
        ] {
            #expect(DeletedID(text) == nil, "\(text)")
        }
    }

    @Test func `a server that is killed at any moment has each tenant whole`() throws {
        let folder = try TemporaryFolder()
        let file = try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')")
        var generator = SystemRandomNumberGenerator()
        for round in 0..<6 {
            let process = try TestServerProcess(folder: folder)
            let client = try process.client("acme")
            try client.script("CREATE TABLE IF NOT EXISTS t(x); DELETE FROM t; INSERT INTO t VALUES ('round \(round)')")
            let address = process.address
            let isOver = Mutex(false)
            Thread {
                var number = 0
                while let http = try? HTTPClient(connectingTo: address, server: process) {
                    number += 1
                    switch number % 4 {
                    case 0: _ = try? http.request("DELETE", "/admin/tenants/acme")
                    case 1: _ = try? http.request("POST", "/admin/tenants/acme/rename", body: #"{"to":"other"}"#)
                    case 2: _ = try? http.request("POST", "/admin/tenants/other/rename", body: #"{"to":"acme"}"#)
                    default:
                        _ = try? http.send(
                            raw:
                                "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(file.count)\r\n\r\n"
                        )
                        _ = try? http.socket.send(file)
                        _ = try? http.answer()
                    }
                }
                isOver.withLock { $0 = true }
            }.start()
            // Anywhere in it: the machine's own pace decides.
            usleep(UInt32.random(in: 1000...400_000, using: &generator))
            process.kill()
            #expect(Deadline.poll(for: .seconds(60)) { isOver.withLock { $0 } })
            let next = try TestServerProcess(folder: folder)
            let http = try next.http()
            let listing = try Operator.read(try http.get("/admin/tenants")) as TenantListing
            for tenant in listing.tenants {
                let value = try next.client(tenant.name).value("SELECT x FROM t")
                guard case .text(let text) = value else {
                    Issue.record("\(tenant.name) holds \(value)")
                    continue
                }
                #expect(text.repaired == "new" || text.repaired.hasPrefix("round"))
                #expect(try http.request("POST", "/admin/tenants/\(tenant.name)/check").text.contains(#""ok":true"#))
            }
            let deleted = try Operator.read(try http.get("/admin/deleted?limit=1000")) as DeletedListing
            for entry in deleted.deleted {
                #expect(
                    try http.request("POST", "/admin/deleted/\(entry.id)/restore", body: #"{"name":"back"}"#).status
                        == 200)
                let check = try http.request("POST", "/admin/tenants/back/check").text
                #expect(check.contains(#""ok":true"#), "\(check)")
                let gone = try Operator.read(try http.request("DELETE", "/admin/tenants/back")) as DeletedListing.Entry
                #expect(try http.request("DELETE", "/admin/deleted/\(gone.id)").status == 200)
            }
            for name in ["acme", "other"] { _ = try http.request("DELETE", "/admin/tenants/\(name)") }
            next.kill()
        }
    }
}
