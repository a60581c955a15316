/// What a prepared statement touches, recorded by the authorizer when it was prepared.
///
/// Rights are checked against this record, so it holds for as long as the statement does: if a change of the schema made
/// a statement touch more, its ``Statement/step()`` fails with `SQLITE_SCHEMA` rather than do it.
/// <https://www.sqlite.org/c3ref/set_authorizer.html>
public final class StatementAccess: Sendable {
    /// `sqlite3_stmt_readonly`: it also says yes to BEGIN, COMMIT, ATTACH and settings. Route by ``isRead``.
    public let isReadOnly: Bool
    /// Whether the statement changes neither data nor the state of its connection, so that any connection may run it.
    public let isRead: Bool
    /// EXPLAIN or EXPLAIN QUERY PLAN.
    public let isExplain: Bool
    /// The part of a transaction it is, if it is one.
    public let transactionControl: TransactionControl?
    /// Whether it creates, drops or alters anything.
    public let changesSchema: Bool
    /// Tables whose content is read, by the statement or by a trigger or view in it, and views of which it reads columns.
    public let tablesRead: Set<String>
    /// Tables and views whose content or definition is changed.
    public let tablesWritten: Set<String>
    /// What whoever sends it needs a right for. EXPLAIN needs what the statement behind it needs.
    public let needs: StatementNeeds
    /// The tables and views that ``StatementNeeds/read`` is needed for, beside those that a change of the schema is about;
    /// `sqlite_schema` stands for the schema. Names are as they are in the schema, or as they were written.
    public let readsForRights: Set<String>
    /// The tables and views that ``StatementNeeds/write`` is needed for, likewise.
    public let writesForRights: Set<String>
    /// Whether it goes through every table, as `PRAGMA integrity_check` does.
    public let visitsEverything: Bool
    /// Whether it makes, alters or drops a TEMP object. Its name is free, so that a right by a table's name means nothing.
    public let definesTemporary: Bool
    /// Whether it reads, writes, makes or drops a TEMP object: then it means something on its own connection only.
    public let touchesTemporary: Bool
    /// Whether it calls `last_insert_rowid()`, which is the previous client's outside a transaction.
    public let callsLastInsertRowID: Bool
    /// Whether it calls `changes()` or `total_changes()`.
    public let callsChanges: Bool
    /// Whether it calls `format()` or `printf()`, which alone among SQLite's functions give NULL for what is longer than
    /// `SQLITE_LIMIT_LENGTH`, and not `SQLITE_TOOBIG`: a lower limit changes the answer.
    public let callsFormat: Bool
    /// The pragma it is, in lower case, if it is one.
    public let pragma: String?
    /// The pragma's argument, if it has one.
    public let pragmaArgument: String?
    /// The least mode in which it may be prepared and run.
    public let requiredMode: SandboxMode
    /// What to say in lesser ones.
    public let denial: Denial?

    init(_ recorder: AccessRecorder, isReadOnly: Bool, isExplain: Bool) {
        self.isReadOnly = isReadOnly
        self.isExplain = isExplain
        transactionControl = isExplain ? nil : recorder.transactionControl
        changesSchema = recorder.changesSchema && !isExplain
        // A change of the schema reads and writes the schema's own table; nobody else can write to it.
        tablesWritten = recorder.written.subtracting(AccessRecorder.schemaTables)
        tablesRead = recorder.changesSchema ? recorder.read.subtracting(AccessRecorder.schemaTables) : recorder.read
        readsForRights = recorder.readsForRights
        writesForRights = recorder.writesForRights
        visitsEverything = recorder.pragma.map(PragmaRule.visitsEverything) ?? false
        needs = StatementNeeds(
            recorder, reads: readsForRights, writes: writesForRights, isReadOnly: isReadOnly, isExplain: isExplain)
        definesTemporary = recorder.definesTemporaryObjects
        touchesTemporary = recorder.touchesTemporary
        callsLastInsertRowID = recorder.callsLastInsertRowID
        callsChanges = recorder.callsChanges
        callsFormat = recorder.callsFormat
        pragma = recorder.pragma
        pragmaArgument = recorder.pragmaArgument
        requiredMode = recorder.required?.mode ?? .autocommit
        denial = recorder.required?.denial
        if let pragma = recorder.pragma {
            // A setting acts when it is prepared, even behind EXPLAIN.
            // SQLite does not call reading the journal mode read-only.
            isRead = PragmaRule(named: pragma).isRead(isSetting: recorder.pragmaArgument != nil)
        } else {
            isRead = isExplain || (isReadOnly && recorder.transactionControl == nil && !recorder.changesConnection)
        }
    }

    /// Whether whoever may run a statement with this record may run one with `other`.
    func covers(_ other: StatementAccess) -> Bool {
        other.tablesRead.isSubset(of: tablesRead) && other.tablesWritten.isSubset(of: tablesWritten)
            && (isReadOnly || !other.isReadOnly) && (touchesTemporary || !other.touchesTemporary)
            && other.requiredMode <= requiredMode && other.changesSchema == changesSchema
            && other.definesTemporary == definesTemporary
            && other.needs.isSubset(of: needs) && other.readsForRights.isSubset(of: readsForRights)
            && other.writesForRights.isSubset(of: writesForRights)
    }
}
