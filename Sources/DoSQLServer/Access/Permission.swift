import DoSQLAccess
import DoSQLEngine
import DoSQLProtocol

/// What a stream may do on its tenant. The one place where rights are compared with what is asked for: messages by their
/// kind, statements by the record that SQLite's authorizer made of them (`protocol/authentication.md`, rights).
final class Permission: StatementPermission {
    private let access: TenantAccess
    /// The token's id.
    private let tokenID: String
    /// What statements may need, on some table at least.
    private let allowed: StatementNeeds
    private let isLimitedToTables: Bool
    /// The feed that a PUBLISH goes to: its right covers the row, but not what the table's triggers do elsewhere.
    private let feed: Feed?

    /// - Parameter publishingTo: the feed, if it is for the statement that a PUBLISH is.
    init(_ access: TenantAccess, tokenID: String, publishingTo feed: Feed? = nil) {
        self.access = access
        self.tokenID = tokenID
        self.feed = feed
        isLimitedToTables = access.isLimitedToTables
        var allowed: StatementNeeds = []
        if access.rights.contains(.read) { allowed.insert(.read) }
        if access.rights.contains(.write) { allowed.insert(.write) }
        if access.rights.contains(.schema) { allowed.insert(.schema) }
        self.allowed = allowed
    }

    func has(_ right: Rights) -> Bool { access.rights.contains(right) }

    /// Whether it may change anything by statements, and so wait in the tenant's line of writes.
    var mayChange: Bool { !access.rights.isDisjoint(with: [.write, .schema]) }

    /// The same for the statement that a PUBLISH is.
    func publishing(to feed: Feed) -> Permission { Permission(access, tokenID: tokenID, publishingTo: feed) }

    // MARK: Messages

    /// Why a message is refused, whatever statements are in it.
    func refusal(of type: MessageType, _ body: Span<UInt8>) -> Failure? {
        switch type {
        case .begin:
            switch (try? Begin(body))?.mode {
            case .read: refusal(withoutAnyOf: .read)
            // It holds the tenant's turn to write.
            case .write: refusal(withoutAnyOf: [.write, .schema, .publish])
            case nil: nil
            }
        case .script: refusal(withoutAnyOf: [.write, .schema])
        case .load: refusal(withoutAnyOf: .write)
        case .migrate:
            if isLimitedToTables {
                Failure(.forbidden, "the token lacks the rights read and write on every table")
            } else {
                ([.schema, .read, .write] as [Rights]).first { !has($0) }.map { .lacking($0) }
            }
        case .publish: refusal(withoutAnyOf: .publish)
        case .subscribe: refusal(withoutAnyOf: .subscribe)
        default: nil
        }
    }

    private func refusal(withoutAnyOf rights: Rights) -> Failure? {
        access.rights.isDisjoint(with: rights) ? .lacking(rights) : nil
    }

    // MARK: Statements

    func refusal(of record: StatementAccess) -> String? {
        if let feed { return refusal(of: record, publishingTo: feed) }
        if record.needs.isSubset(of: allowed) && !isLimitedToTables { return nil }
        if isLimitedToTables && record.definesTemporary {
            // What is temporary can be called as what it is copied from, and renamed.
            return "the token lacks the right write on every table, which what is temporary needs"
        }
        return refusal(record.needs, record.readsForRights, record.writesForRights, record.visitsEverything)
    }

    var hidesTables: Bool { isLimitedToTables }

    func refusal(ofTable name: String) -> String? {
        if !isLimitedToTables || access.mayRead(name) || access.mayWrite(name) { return nil }
        return name.lowercased() == feed?.table ? nil : Self.sentence(.read, on: [name])
    }

    private func refusal(of record: StatementAccess, publishingTo feed: Feed) -> String? {
        func isElsewhere(_ table: String) -> Bool { table.lowercased() != feed.table }
        let reads = record.readsForRights.filter(isElsewhere)
        let writes = record.writesForRights.filter(isElsewhere)
        var needs = record.needs
        if reads.isEmpty { needs.remove(.read) }
        if writes.isEmpty { needs.remove(.write) }
        return refusal(needs, reads, writes, record.visitsEverything)
    }

    private func refusal(
        _ needs: StatementNeeds, _ reads: Set<String>, _ writes: Set<String>, _ visitsEverything: Bool
    ) -> String? {
        if !needs.isSubset(of: allowed) {
            if needs.contains(.schema) && !allowed.contains(.schema) { return Self.sentence(.schema) }
            if needs.contains(.write) && !allowed.contains(.write) { return Self.sentence(.write, on: writes) }
            return Self.sentence(.read, on: reads)
        }
        guard isLimitedToTables else { return nil }
        let unwritable = writes.filter { !access.mayWrite($0) }
        if !unwritable.isEmpty { return Self.sentence(.write, on: unwritable) }
        let unreadable = reads.filter { !access.mayRead($0) }
        if !unreadable.isEmpty { return Self.sentence(.read, on: unreadable) }
        return visitsEverything ? "the token lacks the right read on every table" : nil
    }

    /// Names the first of some rights, and the first of the tables for which it is missing.
    static func sentence(_ right: Rights, on tables: Set<String> = []) -> String {
        let name = right.names.first ?? ""
        guard let table = tables.min() else { return "the token lacks the right \(name)" }
        return "the token lacks the right \(name) on the table \(table)"
    }
}

// MARK: Repetitions

extension Permission {
    /// The rights that decide what an answer may hold.
    private static let telling: Rights = [.read, .write, .schema, .publish]
    /// Beside the rights in ``mark``: they hold for some tables only.
    private static let isLimited: UInt8 = 0x80

    /// What is kept of a request's rights beside its answer, under its idempotency key. It lies in the tenant's file.
    var mark: [UInt8] {
        let rights = access.rights.intersection(Self.telling).rawValue
        return isLimitedToTables ? [rights | Self.isLimited] + tokenID.utf8 : [rights]
    }

    /// Whether it may see the answer to a request of these rights: an answer is given again without looking at what the
    /// request touches, which by now may be gone. An empty mark is of a server that had no tokens.
    func covers(_ mark: [UInt8]) -> Bool {
        guard let first = mark.first else { return has(.read) && has(.write) && !isLimitedToTables }
        guard access.rights.isSuperset(of: Rights(rawValue: first)) else { return false }
        guard isLimitedToTables else { return true }
        return first & Self.isLimited != 0 && mark.dropFirst().elementsEqual(tokenID.utf8)
    }
}

/// Who is served while nobody is: where the server has tokens, a connection between two requests permits nothing, so that
/// a way to a statement that forgets to say for whom it is finds out.
final class NobodysPermission: StatementPermission {
    static let shared = NobodysPermission()

    func refusal(of access: StatementAccess) -> String? { "nobody is served here" }
}
