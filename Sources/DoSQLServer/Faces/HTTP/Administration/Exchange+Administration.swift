import DoSQLAccess
import DoSQLHTTP
import DoSQLLoop
import DoSQLProtocol

/// What an operator does with tenants, over HTTP (`protocol/administration.md`).
extension Exchange {
    /// The head of an operator's request is there: the one place where it is admitted, before any of its body is.
    func admit(_ request: AdministrationRequest) throws(Refusal) {
        if face.shard.context.authority != nil { try authorize(request) }
        guard case .restore(let name) = request else { return }
        try head.checkFileBody()
        do throws(Failure) {
            var length: Int64?
            if case .length(let bytes) = head.framing { length = Int64(bytes) }
            upload = try face.shard.context.administration.upload(
                for: name, length: length, mayCreate: mayCreate(name))
        } catch {
            throw Refusal(error)
        }
    }

    /// Whether a tenant may be made by a restore: by who may make one otherwise.
    private func mayCreate(_ name: String) -> Bool {
        guard face.shard.context.authority != nil else { return true }
        guard let access = principal?.access else { return false }
        return access.holdsEverywhere(.admin) || access.access(to: name)?.rights.contains(.create) ?? false
    }

    /// Asks for the right `admin`: on the tenant that the path names or, where it names none or the request touches
    /// others, too, on every tenant.
    private func authorize(_ request: AdministrationRequest) throws(Refusal) {
        switch request {
        case .report(let name), .delete(let name), .backup(let name), .restore(let name), .readRetention(let name),
            .writeRetention(let name), .readLimits(let name), .maintain(let name, _):
            guard principal?.access.access(to: name)?.rights.contains(.admin) == true else {
                throw Refusal(.lacking(.admin))
            }
        // Limits keep a tenant from hurting others: who administers that one only may not lift them.
        case .server, .listTenants, .create, .rename, .changeLimits, .replaceLimits, .listDeleted, .undelete, .purge:
            try require(everywhere: .admin)
        }
    }

    /// A part of a file is there.
    func write(_ bytes: [UInt8], to upload: Upload) throws(Failure) {
        let caller = caller
        isHeldBack = try upload.append(bytes) {
            caller.shard.post(.administration(.written, for: caller))
        }
    }

    /// The request is complete.
    func run(_ request: AdministrationRequest) throws(Refusal) {
        let administration = face.shard.context.administration
        if case .restore(let name) = request {
            guard let upload else { throw .badRequest("a restore has a file as its body") }
            self.upload = nil
            expectAdministration()
            return administration.restore(name, from: upload, for: caller)
        }
        if try head.hasBinaryBody() { throw .wrongType }
        let query: AdministrationQuery
        do throws(Failure) {
            query = try AdministrationQuery { head.queryValue($0) }
        } catch {
            throw Refusal(error)
        }
        let body = AdministrationBody(bytes: body)
        expectAdministration()
        administration.carryOut(request, query: query, body: body, for: caller)
    }
}

extension RequestHead {
    /// Refuses a body that is no file.
    func checkFileBody() throws(Refusal) {
        guard values("content-encoding").allSatisfy({ $0.lowercased() == "identity" }) else { throw .encodedBody }
        guard first("content-type") != nil else { return }
        guard let type = contentType, type.matches(.octets) || type.matches(.sqlite) else { throw .wrongFileType }
    }

    /// Whether its body is a file to restore, which may be longer than other bodies.
    var isRestore: Bool {
        guard method == "PUT", path.hasPrefix("/admin/"), path.hasSuffix("/restore") else { return false }
        guard case .found(.administration(.restore)) = Endpoint.match(method, pathSegments) else { return false }
        return true
    }
}

extension MediaType {
    /// A SQLite database (https://www.iana.org/assignments/media-types/application/vnd.sqlite3).
    static let sqlite = MediaType("application", "vnd.sqlite3")
}
