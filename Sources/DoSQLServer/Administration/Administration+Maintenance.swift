import DoSQLEngine
import DoSQLSession

/// What is done to a tenant's file on its turn to write (`protocol/administration.md`, maintenance).
extension Administration {
    func maintain(_ name: TenantName, _ kind: AdministrationRequest.Maintenance) throws(Failure)
        -> AdministrationReply
    {
        switch kind {
        case .vacuum:
            let (before, after) = try onTurn(of: name) { (connection: borrowing Connection) throws(SQLiteError) in
                let before = try connection.pageCounts()
                try connection.vacuum()
                let after = try connection.pageCounts()
                return (Int64(before.pages * before.pageSize), Int64(after.pages * after.pageSize))
            }
            return try json(VacuumReport(bytesBefore: before, bytesAfter: after))
        case .optimize:
            try onTurn(of: name) { (connection: borrowing Connection) throws(SQLiteError) in try connection.optimize() }
            return try json(Nothing())
        case .check:
            let report = try onTurn(of: name) { (connection: borrowing Connection) throws(SQLiteError) in
                let problems = try connection.integrityCheck()
                let violations = try connection.foreignKeyCheck(limit: Self.problemsMax)
                return CheckReport(
                    ok: problems.isEmpty && violations.isEmpty, problems: Array(problems.prefix(Self.problemsMax)),
                    foreignKeys: violations.map {
                        .init(table: $0.table, rowid: $0.rowID, parent: $0.parent, constraint: $0.constraint)
                    })
            }
            return try json(report)
        }
    }

    /// Carries something out on the writer's connection, on the tenant's turn.
    func onTurn<Value: Sendable>(
        of name: TenantName, _ body: @escaping @Sendable (borrowing Connection) throws(SQLiteError) -> Value
    ) throws(Failure) -> Value {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        let tenant = tenants.tenant(name)
        return try wait { done in
            let errand = Tenant.Errand(
                body: { [self] database, watch in
                    done(database.carryOut(errand: body, time: configuration.checkTime, watch, holding: hold))
                },
                refused: { done(.failure($0)) })
            _ = tenant.submit(.errand(errand))
        }
    }
}
