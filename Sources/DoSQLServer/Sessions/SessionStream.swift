import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// One stream of a connection: its rules, its tenant, and the transaction it has open.
final class SessionStream {
    /// Where the requests of an open transaction go.
    enum Transaction {
        case read(ReadSession)
        /// The tenant's turn, taken by this BEGIN.
        case write(Job)
    }

    let id: UInt16
    let tenant: ShardTenant
    let isReadOnly: Bool
    /// What may be done on it; nil: everything.
    let permission: Permission?
    var machine = StreamStateMachine<PendingRequest>()
    var transaction: Transaction?
    /// Whether its line is being let go on already.
    var isPumping = false

    init(id: UInt16, tenant: ShardTenant, isReadOnly: Bool, permission: Permission?) {
        self.permission = permission
        self.id = id
        self.tenant = tenant
        self.isReadOnly = isReadOnly
    }

    /// Whether its writes may wait in the tenant's line. What it sends that is no read and needs no right, such as what
    /// does not compile, is then refused by a thread that reads.
    var mayChange: Bool { !isReadOnly && permission?.mayChange ?? true }

    /// Hands an item to the open transaction.
    func submit(_ item: Tenant.SessionItem) {
        switch transaction {
        case .read(let session): session.submit(item)
        case .write(let owner): tenant.tenant.submit(item, for: owner)
        case nil: break
        }
    }
}
